import type { Problems } from './problems.js'

/** What a URL says of a node, in Sluice's own words, and the URL that is left for the driver. */
export interface NodeUrl {
  readonly url: string
  readonly address: string
  readonly own: Readonly<Record<string, unknown>>
}

/** Sluice's keys that a URL's query may hold, and how to read each. */
const READ_QUERY: Readonly<Record<string, (text: string) => unknown>> = {
  name: (text) => text,
  zone: (text) => text,
  shard: (text) => text,
  weight: Number,
  ejectMs: Number,
  neverEject: (text) => (text === 'true' ? true : text === 'false' ? false : text),
  max: Number,
  min: Number,
  connectionTimeoutMillis: Number,
  idleTimeoutMillis: Number,
  maxUses: Number,
  maxLifetimeSeconds: Number,
}

/** It may hold a password in a place that we cannot tell. */
const NOT_SHOWN: unknown = {}

const DEFAULT_PORT = '5432'

/**
 * Reads one URL; several, if it names several hosts, as libpq's do: `postgres://a,b:5433/db`.
 *
 * @see https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS
 */
export function readNodeUrl(text: string, path: string, problems: Problems): readonly NodeUrl[] {
  const parts = split(text)
  if (parts === undefined) {
    problems.add(path, 'must be a URL such as postgres://user:password@host:5432/database', NOT_SHOWN)
    return []
  }
  const query = new URLSearchParams(parts.query)
  const own: Record<string, unknown> = {}
  for (const [key, value] of [...query]) {
    const read = READ_QUERY[key]
    if (read === undefined) continue
    own[key] = read(value)
    query.delete(key)
  }
  const hosts = hostsOf(parts.authority, query)
  if (hosts.length > 1)
    for (const key of ['target_session_attrs', 'load_balance_hosts', 'host', 'port']) query.delete(key)
  const rest = query.size > 0 ? `?${query}` : ''
  return hosts.map((host) => ({
    url: `${parts.scheme}://${parts.credentials}${host}${parts.path}${rest}`,
    address: addressOf(host, query),
    own,
  }))
}

interface UrlParts {
  readonly scheme: string
  readonly credentials: string
  readonly authority: string
  readonly path: string
  readonly query: string
}

function split(text: string): UrlParts | undefined {
  const schemeEnd = text.indexOf('://')
  const scheme = text.slice(0, schemeEnd)
  if (scheme !== 'postgres' && scheme !== 'postgresql' && scheme !== 'socket') return undefined
  const queryAt = text.indexOf('?')
  const beforeQuery = queryAt < 0 ? text.slice(schemeEnd + 3) : text.slice(schemeEnd + 3, queryAt)
  const at = beforeQuery.lastIndexOf('@')
  const hostAndPath = beforeQuery.slice(at + 1)
  const slash = scheme === 'socket' ? 0 : hostAndPath.indexOf('/')
  return {
    scheme,
    credentials: at < 0 ? '' : beforeQuery.slice(0, at + 1),
    authority: slash < 0 ? hostAndPath : hostAndPath.slice(0, slash),
    path: slash < 0 ? '' : hostAndPath.slice(slash),
    query: queryAt < 0 ? '' : text.slice(queryAt + 1),
  }
}

/** The hosts of the authority, or of libpq's `?host=a,b&port=1,2`. */
function hostsOf(authority: string, query: URLSearchParams): readonly string[] {
  if (authority.includes(',')) return authority.split(',')
  const listed = query.get('host')?.split(',') ?? []
  if (authority !== '' || listed.length < 2) return [authority]
  const ports = query.get('port')?.split(',') ?? []
  return listed.map((host, i) => `${host}:${ports[i] ?? ports[0] ?? DEFAULT_PORT}`)
}

function addressOf(host: string, query: URLSearchParams): string {
  if (host === '') return query.get('host') ?? 'localhost:5432'
  const hasPort = host.startsWith('[') ? host.includes(']:') : host.includes(':')
  return hasPort ? host : `${host}:${DEFAULT_PORT}`
}
