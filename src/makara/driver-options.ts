import { isNothing, type Reading, type Section } from './reading.js'

type Read = 'text' | 'number' | 'milliseconds' | 'flag'

/** Options of Rails' PostgreSQL adapter and of libpq that `pg` has too, by another name or in another unit. */
const OPTIONS: Readonly<Record<string, readonly [to: string, read: Read]>> = {
  host: ['host', 'text'],
  hostaddr: ['host', 'text'],
  port: ['port', 'number'],
  username: ['user', 'text'],
  user: ['user', 'text'],
  password: ['password', 'text'],
  database: ['database', 'text'],
  dbname: ['database', 'text'],
  pool: ['max', 'number'],
  max_connections: ['max', 'number'],
  min_connections: ['min', 'number'],
  connect_timeout: ['connectionTimeoutMillis', 'milliseconds'],
  checkout_timeout: ['acquireTimeoutMs', 'milliseconds'],
  idle_timeout: ['idleTimeoutMillis', 'milliseconds'],
  keepalives: ['keepAlive', 'flag'],
  keepalives_idle: ['keepAliveInitialDelayMillis', 'milliseconds'],
  application_name: ['application_name', 'text'],
  fallback_application_name: ['fallback_application_name', 'text'],
}

/** Read elsewhere in this folder. */
const ELSEWHERE: ReadonlySet<string> = new Set(
  'adapter makara url role name weight shard_id encoding sslmode variables min_messages schema_search_path options'.split(
    ' ',
  ),
)

/** What Rails wants to know for itself. */
const OF_RAILS: ReadonlySet<string> = new Set(
  (
    'prepared_statements statement_limit advisory_locks reaping_frequency migrations_paths schema_dump replica ' +
    'database_tasks insert_returning strict_loading schema_cache_path query_cache template collation ' +
    'allow_concurrency use_metadata_table seeds max_age keepalive pool_jitter min_threads max_threads'
  ).split(' '),
)

/** The driver's options that this level of a `database.yml` gives. What has no equal is told. */
export function driverOptions(path: string, given: Section, reading: Reading): Record<string, unknown> {
  const read: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(given)) {
    if (isNothing(value) || ELSEWHERE.has(key)) continue
    const at = path === '' ? key : `${path}.${key}`
    const known = OPTIONS[key]
    if (known === undefined) reading.warn(at, whyLeftOut(key))
    else read[known[0]] = reading[known[1]](at, value)
  }
  readSsl(path, given, read, reading)
  readEncoding(path, given, reading)
  return read
}

function whyLeftOut(key: string): string {
  if (OF_RAILS.has(key)) return 'is for Rails itself: left out'
  if (key.startsWith('ssl')) return "is left out: give pg's ssl option, and the text of the file"
  return 'has no equal here: left out'
}

function readSsl(path: string, given: Section, read: Record<string, unknown>, reading: Reading): void {
  const at = path === '' ? 'sslmode' : `${path}.sslmode`
  switch (reading.text(at, given['sslmode'])) {
    case undefined:
      return
    case 'disable':
      read['ssl'] = false
      return
    case 'require':
      // As libpq: encrypted, and nobody asks with whom. With a root certificate it would ask; that one is left out.
      read['ssl'] = { rejectUnauthorized: false }
      return
    case 'verify-ca':
    case 'verify-full':
      read['ssl'] = { rejectUnauthorized: true }
      return
    default:
      reading.warn(at, 'leaves the choice to libpq, which pg does not: set ssl to true or false; left out')
  }
}

function readEncoding(path: string, given: Section, reading: Reading): void {
  const at = path === '' ? 'encoding' : `${path}.encoding`
  const encoding = reading.text(at, given['encoding'])
  if (encoding === undefined || /^(unicode|utf-?8(mb4)?)$/i.test(encoding)) return
  reading.warn(at, 'is left out: pg always speaks UTF-8, and the server converts')
}

/** Settings that Rails makes after connecting, as part of connecting: `RESET` then comes back to them. */
export function serverSettings(path: string, given: Section, reading: Reading): string | undefined {
  const settings: string[] = []
  const add = (name: string, value: unknown) => {
    // A value of `:default` asks for nothing.
    if (isNothing(value) || value === ':default' || value === 'default') return
    settings.push(`-c ${name}=${String(value).replace(/[\\\s]/g, '\\$&')}`)
  }
  const own = reading.text(`${path}options`, given['options'])
  if (own !== undefined) settings.push(own)
  add('client_min_messages', given['min_messages'])
  add('search_path', given['schema_search_path'])
  const variables = reading.section(`${path}variables`, given['variables'])
  for (const [name, value] of Object.entries(variables)) add(name, value)
  return settings.length === 0 ? undefined : settings.join(' ')
}
