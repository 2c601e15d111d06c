import { type ConnectionUrl, decode, hostAndPort, queryValue } from './connection-url.js'

/** The environment variables of libpq that `pg` reads too. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Where a node is, and which of its databases is meant. No password. */
export interface ServerAddress {
  /** `host:port`; a Unix socket's directory stands for the host. */
  readonly address: string
  readonly database: string
}

const DEFAULT_PORT = '5432'

/** As `pg` will read it: the URL first, then the options, then the environment. */
export function serverAddress(
  url: ConnectionUrl | undefined,
  driver: Readonly<Record<string, unknown>>,
  environment: Environment,
): ServerAddress {
  const inUrl = url === undefined ? undefined : hostAndPort(url.authority)
  const ofUrl = (name: string) => (url === undefined ? undefined : queryValue(url, name))
  const host = first(ofUrl('host'), inUrl?.host, driver['host'], environment['PGHOST'], 'localhost')
  const port = first(ofUrl('port'), inUrl?.port, driver['port'], environment['PGPORT'], DEFAULT_PORT)
  const path = url === undefined ? undefined : decode(url.path.slice(1))
  const user = first(url?.user === undefined ? undefined : decode(url.user), driver['user'], environment['PGUSER'], '')
  const database = first(path, driver['database'], environment['PGDATABASE'], user)
  return { address: `${host.includes(':') ? `[${host}]` : host}:${port}`, database }
}

function first(...candidates: readonly unknown[]): string {
  for (const it of candidates) if (it !== undefined && it !== null && it !== '') return String(it)
  return ''
}
