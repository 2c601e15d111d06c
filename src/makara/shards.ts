import type { Connection } from './connections.js'
import type { Reading, Section } from './reading.js'

/**
 * Makara heeds `shard_id` in the roles that are shard-aware. Here a shard has its own primary and replicas, so that
 * either all roles are, or none.
 */
export function readShards(
  path: string,
  makara: Section,
  connections: readonly Connection[],
  reading: Reading,
): { readonly isAware: boolean; readonly defaultShard: string | undefined } {
  const roles = [...new Set(connections.map((it) => it.role))]
  const aware = roles.filter((role) => reading.flag(`${path}.${role}_shard_aware`, makara[`${role}_shard_aware`]))
  if (aware.length === 0) {
    warnOfIgnored(connections, reading)
    return { isAware: false, defaultShard: undefined }
  }
  for (const role of roles.filter((it) => !aware.includes(it))) {
    reading.problems.add(`${path}.${role}_shard_aware`, 'must be true too: here each shard has its own nodes', 'no')
  }
  for (const { path: at, shard } of connections) {
    if (shard === undefined) reading.problems.add(`${at}.shard_id`, 'must be given where a role is shard-aware', 'none')
  }
  return { isAware: true, defaultShard: readDefaultShard(path, makara, reading) }
}

function readDefaultShard(path: string, makara: Section, reading: Reading): string | undefined {
  const [primary, replica] = (['primary', 'replica'] as const).map((role) => {
    return reading.text(`${path}.${role}_default_shard`, makara[`${role}_default_shard`])
  })
  if (primary !== undefined && replica !== undefined && primary !== replica) {
    const rule = `must be that of the primaries, '${primary}': here a statement has one shard`
    reading.problems.add(`${path}.replica_default_shard`, rule, replica)
  }
  return primary ?? replica
}

function warnOfIgnored(connections: readonly Connection[], reading: Reading): void {
  for (const { path, shard } of connections) {
    if (shard !== undefined) reading.warn(`${path}.shard_id`, 'has no effect where no role is shard-aware: left out')
  }
}
