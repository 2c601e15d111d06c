import { decode, hostAndPort, parseUrl, queryOf } from '../routing/connection-url.js'
import type { Reading, Section } from './reading.js'

/**
 * What a `url:` says, by Rails' names: its parts beat its query, and all of it beats what stands beside it. All is
 * text; the adapter in its scheme is left alone, as Makara does.
 */
export function withUrl(path: string, given: Section, reading: Reading): Section {
  const text = reading.text(`${path}.url`, given['url'])
  if (text === undefined) return given
  const url = parseUrl(text)
  if (url === undefined || url.authority.includes(',')) {
    const rule = 'must be a URL of one host, such as postgresql://user:password@host:5432/database'
    reading.problems.addHidden(`${path}.url`, rule, text)
    return given
  }
  const { host, port } = hostAndPort(url.authority)
  const parts = { username: url.user, password: url.password, database: url.path.slice(1) }
  const said = Object.entries(parts).flatMap(([name, value]) => (value ? [[name, decode(value)] as const] : []))
  return {
    ...given,
    ...Object.fromEntries(queryOf(url)),
    ...Object.fromEntries(said),
    ...(host === '' ? {} : { host }),
    ...(port === undefined ? {} : { port }),
    url: undefined,
  }
}
