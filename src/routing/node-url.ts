import { type ConnectionUrl, parseUrl, queryOf, queryValue, withoutQuery, withQuery } from './connection-url.js'
import { editDistance } from './edit-distance.js'
import type { Problems } from './problems.js'

/** One host of a URL: what the URL says in Sluice's own words, and the URL that is left for the driver. */
export interface NodeUrl {
  readonly url: ConnectionUrl
  readonly own: Readonly<Record<string, unknown>>
}

const READ_TEXT = (text: string): unknown => text
const READ_NUMBER = (text: string): unknown => (/^[+-]?(\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : text)
const READ_FLAG = (text: string): unknown => (text === 'true' ? true : text === 'false' ? false : text)

/**
 * Options that a URL's query may hold, and how to read each. They are taken out of the URL. `pg` reads none of them
 * from there: those of the pool it does not look for, the others would reach it as text.
 */
const READ_QUERY: Readonly<Record<string, (text: string) => unknown>> = {
  name: READ_TEXT,
  role: READ_TEXT,
  zone: READ_TEXT,
  shard: READ_TEXT,
  weight: READ_NUMBER,
  ejectMs: READ_NUMBER,
  neverEject: READ_FLAG,
  max: READ_NUMBER,
  min: READ_NUMBER,
  connectionTimeoutMillis: READ_NUMBER,
  idleTimeoutMillis: READ_NUMBER,
  maxUses: READ_NUMBER,
  maxLifetimeSeconds: READ_NUMBER,
  allowExitOnIdle: READ_FLAG,
  keepAlive: READ_FLAG,
  keepAliveInitialDelayMillis: READ_NUMBER,
}

const OWN_KEYS = Object.keys(READ_QUERY)

/**
 * Reads one URL; several, if it names several hosts, as libpq's may: `postgres://a,b:5433/db`, or
 * `postgres:///db?host=a,b&port=5432,5433`.
 *
 * @see https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS
 */
export function readNodeUrl(text: string, path: string, problems: Problems): readonly NodeUrl[] {
  const whole = parseUrl(text)
  if (whole === undefined) {
    const rule = 'must be a URL such as postgres://user:password@host:5432/database'
    problems.addHidden(path, `${rule}, with /, ? and # of the password written %2F, %3F and %23`, text)
    return []
  }
  const own = readOwn(whole, path, problems)
  const url = withoutQuery(whole, OWN_KEYS)
  const urls = splitHosts(url, path, problems)
  if (urls.length < 2) return [{ url, own }]
  refuseHostChoice(url, path, problems)
  return urls.map((it) => ({ url: withoutQuery(it, ['target_session_attrs', 'load_balance_hosts']), own }))
}

/** Does this text name more than one host? */
export function namesSeveralHosts(text: string): boolean {
  const url = parseUrl(text)
  return url !== undefined && (url.authority.includes(',') || queryValue(url, 'host')?.includes(',') === true)
}

function readOwn(url: ConnectionUrl, path: string, problems: Problems): Record<string, unknown> {
  const own: Record<string, unknown> = {}
  for (const [name, value] of queryOf(url)) {
    const read = READ_QUERY[name]
    if (read !== undefined) own[name] = read(value)
    else refuseSlip(name, path, problems)
  }
  return own
}

/**
 * A URL may hold parameters of any program, which we leave alone. One that differs from ours by a slip of the pen is
 * none of those.
 */
function refuseSlip(name: string, path: string, problems: Problems): void {
  const meant = OWN_KEYS.find((key) => key.length > 3 && editDistance(name.toLowerCase(), key.toLowerCase()) < 2)
  if (meant !== undefined) {
    problems.addHidden(`${path}?${name}`, `is not a parameter of a URL; did you mean ${meant}?`, name)
  }
}

function splitHosts(url: ConnectionUrl, path: string, problems: Problems): readonly ConnectionUrl[] {
  const listed = queryValue(url, 'host')
  // As in libpq and `pg`, hosts in the query beat those before it.
  if (listed?.includes(',')) return splitQuery(url, listed.split(','), path, problems)
  if (listed !== undefined || !url.authority.includes(',')) return [url]
  const hosts = url.authority.split(',')
  if (hosts.includes('')) problems.addHidden(path, 'must not name an empty host between its commas', url.authority)
  return hosts.map((host) => ({ ...url, authority: host }))
}

function splitQuery(
  url: ConnectionUrl,
  hosts: readonly string[],
  path: string,
  problems: Problems,
): readonly ConnectionUrl[] {
  const ports = queryValue(url, 'port')?.split(',') ?? []
  if (ports.length > 1 && ports.length !== hosts.length) {
    problems.add(path, `must name one port, or one for each of its ${hosts.length} hosts`, `${ports.length} ports`)
  }
  if (hosts.includes('')) problems.addHidden(path, 'must not name an empty host between its commas', hosts.join())
  return hosts.map((host, i) => {
    const one = withQuery({ ...url, authority: '' }, 'host', host)
    const port = ports.length > 1 ? ports[i] : ports[0]
    return port === undefined || port === '' ? one : withQuery(one, 'port', port)
  })
}

/** What libpq does with the choice of hosts, where Sluice does something else. */
const HOST_CHOICE: Readonly<Record<string, string | undefined>> = {
  'target_session_attrs=any': undefined,
  'target_session_attrs=prefer-standby': undefined,
  'target_session_attrs=read-write': 'would keep reads off the replicas: leave it out, or use pool.writer',
  'target_session_attrs=primary': 'would keep reads off the replicas: leave it out, or use pool.writer',
  'target_session_attrs=read-only': 'would leave no node for writes: leave it out, or use pool.reader',
  'target_session_attrs=standby': 'would leave no node for writes: leave it out, or use pool.reader',
  'load_balance_hosts=random': undefined,
  'load_balance_hosts=disable': "is called balancer: 'failover' here: leave it out, or set that",
}

/**
 * Sluice asks the servers for their roles and sends each statement where it belongs. A parameter that means the same is
 * welcome, one that means something else must not be dropped in silence.
 */
function refuseHostChoice(url: ConnectionUrl, path: string, problems: Problems): void {
  for (const name of ['target_session_attrs', 'load_balance_hosts']) {
    const value = queryValue(url, name)
    if (value === undefined) continue
    const choice = `${name}=${value}`
    const rule = choice in HOST_CHOICE ? HOST_CHOICE[choice] : 'has a value that libpq does not know'
    if (rule !== undefined) problems.add(`${path}?${name}`, rule, value)
  }
}
