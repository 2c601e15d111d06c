import { queryValue, writeUrl } from '../../routing/connection-url.js'
import { readNodeUrl } from '../../routing/node-url.js'
import { Problems } from '../../routing/problems.js'

export interface NamedUrl {
  /** For people: `db1:5432`. */
  readonly node: string
  readonly url: string
}

/** Every host that the URLs name. @throws {ConfigError} one is no URL. */
export function nodesOf(urls: readonly string[]): readonly NamedUrl[] {
  const problems = new Problems()
  const all = urls.flatMap((text, at) => readNodeUrl(text, `url ${at + 1}`, problems))
  problems.throwIfAny()
  return all.map(({ url }) => {
    const host = queryValue(url, 'host') ?? url.authority
    const port = queryValue(url, 'port')
    return { node: port === undefined ? host || 'localhost' : `${host}:${port}`, url: writeUrl(url) }
  })
}
