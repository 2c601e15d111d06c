/** Sluice's options that a pool may give for all nodes, and a node for itself. */
export const SHARED_KEYS = ['ejectMs', 'neverEject', 'isConnectionError'] as const

/** Sluice's options of one node. */
export const NODE_KEYS = ['url', 'name', 'role', 'weight', 'zone', 'shard', ...SHARED_KEYS] as const

/** Sluice's options of a pool, beside those it shares with nodes. `zone` is this process's own. */
export const POOL_KEYS = [
  'primary',
  'replicas',
  'nodes',
  'topology',
  'slowStartMs',
  'id',
  'consistency',
  'consistencyScope',
  'waitMs',
  'whenBehind',
  'sticky',
  'balancer',
  'primaryBalancer',
  'zone',
  'defaultShard',
  'primaryReads',
  'acquireTimeoutMs',
  'holdWritesMs',
  'maxHeldWrites',
  'probe',
  'readFunctions',
  'primaryTables',
  'writeFunctions',
  'catalogueRefreshMs',
  'cacheSize',
  ...SHARED_KEYS,
] as const

/**
 * What an option of the driver must be. `any`: the driver's own business.
 *
 * A number may also be text of digits where `pg` itself reads it so; `null` and `undefined` mean: not given.
 */
export type DriverRule =
  | 'any'
  | 'text'
  | 'flag'
  | 'function'
  | 'password'
  | 'port'
  | 'ssl'
  | {
      readonly least: number
      readonly isWhole?: boolean
      readonly alsoFalse?: boolean
      readonly mayBeEndless?: boolean
    }

const MS: DriverRule = { least: 0 }
/** Sent to the server as it is, or read with `parseInt`; `false` for none. */
const TIMEOUT: DriverRule = { least: 0, alsoFalse: true }

/**
 * Every option that `pg` 8 and `pg-pool` 3 read, with what each must be.
 *
 * @see https://node-postgres.com/apis/client and https://node-postgres.com/apis/pool, and for what these leave out the
 * sources: client.js, native/client.js, connection-parameters.js and pg-pool's index.js.
 */
export const DRIVER_OPTIONS: Readonly<Record<string, DriverRule>> = {
  connectionString: 'text',
  host: 'text',
  port: 'port',
  user: 'text',
  password: 'password',
  database: 'text',
  ssl: 'ssl',
  sslnegotiation: 'text',
  types: 'any',
  keepAlive: 'flag',
  keepAliveInitialDelayMillis: MS,
  statement_timeout: TIMEOUT,
  query_timeout: TIMEOUT,
  lock_timeout: TIMEOUT,
  idle_in_transaction_session_timeout: TIMEOUT,
  application_name: 'text',
  fallback_application_name: 'text',
  options: 'text',
  client_encoding: 'text',
  replication: 'any',
  binary: 'flag',
  pipeline: 'flag',
  stream: 'any',
  connection: 'any',
  nativeConnectionString: 'text',
  Client: 'function',
  Promise: 'function',
  log: 'function',
  verify: 'function',
  onConnect: 'function',
  max: { least: 1, isWhole: true },
  min: { least: 0, isWhole: true },
  poolSize: { least: 1, isWhole: true },
  idleTimeoutMillis: MS,
  connectionTimeoutMillis: MS,
  maxUses: { least: 1, mayBeEndless: true },
  maxLifetimeSeconds: { least: 0 },
  allowExitOnIdle: 'flag',
  parseInputDatesAsUTC: 'flag',
  enableChannelBinding: 'flag',
  scramMaxIterations: { least: 0, isWhole: true },
}

export const DRIVER_KEYS: readonly string[] = Object.keys(DRIVER_OPTIONS)

/** Options that a URL of libpq may carry, and `pg` reads from nowhere else or not at all. */
export const URL_ONLY: readonly string[] = [
  'sslmode',
  'sslcert',
  'sslkey',
  'sslrootcert',
  'uselibpqcompat',
  'target_session_attrs',
  'load_balance_hosts',
  'connect_timeout',
  'channel_binding',
]

/** What people call these things elsewhere. */
export const SYNONYMS: Readonly<Record<string, string>> = {
  username: 'user',
  hostname: 'host',
  uri: 'url',
  dbname: 'database',
  db: 'database',
  pool: 'max',
  poolMax: 'max',
  master: 'primary',
  masters: 'primary',
  writer: 'primary',
  slave: 'replicas',
  slaves: 'replicas',
  readers: 'replicas',
  standbys: 'replicas',
  read: 'replicas',
  write: 'primary',
  strategy: 'balancer',
  priority: 'weight',
}
