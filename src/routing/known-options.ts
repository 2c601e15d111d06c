/** Sluice's options of a node, beside the driver's. */
export const NODE_KEYS = [
  'url',
  'name',
  'weight',
  'zone',
  'shard',
  'ejectMs',
  'neverEject',
  'isConnectionError',
] as const

/** Sluice's options of a pool that are not of a node. */
export const POOL_KEYS = [
  'primary',
  'replicas',
  'nodes',
  'id',
  'sticky',
  'balancer',
  'primaryBalancer',
  'defaultShard',
  'primaryReads',
  'acquireTimeoutMs',
  'probe',
  'readFunctions',
  'writeFunctions',
  'catalogueRefreshMs',
  'cacheSize',
] as const

/** Every option that `pg` 8 and `pg-pool` 3 know. */
export const DRIVER_KEYS: readonly string[] = (
  'connectionString user database password port host ssl sslmode sslcert sslkey sslrootcert sslnegotiation ' +
  'sslNegotiation types keepAlive keepAliveInitialDelayMillis statement_timeout query_timeout lock_timeout ' +
  'idle_in_transaction_session_timeout application_name fallback_application_name options client_encoding encoding ' +
  'replication binary stream connection Client Promise log verify onConnect min max poolSize idleTimeoutMillis maxUses ' +
  'allowExitOnIdle maxLifetimeSeconds connectionTimeoutMillis connect_timeout parseInputDatesAsUTC ' +
  'enableChannelBinding channel_binding pipeline scramMaxIterations isDomainSocket useLibpqCompat uselibpqcompat ' +
  'target_session_attrs load_balance_hosts native'
).split(' ')

const ALL_KEYS: readonly string[] = [...NODE_KEYS, ...POOL_KEYS, ...DRIVER_KEYS]

/** The known option that was probably meant, if one is near. */
export function didYouMean(unknown: string, known: readonly string[] = ALL_KEYS): string | undefined {
  const limit = Math.max(1, Math.floor(unknown.length / 3))
  let best: string | undefined
  let bestDistance = limit + 1
  for (const key of known) {
    const distance = editDistance(unknown.toLowerCase(), key.toLowerCase())
    if (distance < bestDistance) {
      best = key
      bestDistance = distance
    }
  }
  return best
}

/** Levenshtein's: letters put in, taken out or changed. */
function editDistance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, i) => i)
  for (let i = 1; i <= one.length; i++) {
    const next = [i]
    for (let j = 1; j <= other.length; j++) {
      const change = (row[j - 1] as number) + (one[i - 1] === other[j - 1] ? 0 : 1)
      next.push(Math.min(change, (row[j] as number) + 1, (next[j - 1] as number) + 1))
    }
    row = next
  }
  return row[other.length] as number
}
