import { isNothing, type Reading, type Section } from './reading.js'

/** As Makara 0.6 still reads them: the old name counts if both are given. */
const OLD_NAMES: Readonly<Record<string, string>> = {
  slave_strategy: 'replica_strategy',
  slave_shard_aware: 'replica_shard_aware',
  slave_default_shard: 'replica_default_shard',
  master_strategy: 'primary_strategy',
  master_shard_aware: 'primary_shard_aware',
  master_default_shard: 'primary_default_shard',
  master_ttl: 'primary_ttl',
}

const OLD_ROLES: Readonly<Record<string, 'primary' | 'replica'>> = { master: 'primary', slave: 'replica' }

/** The options of a `makara:` section by their last names, each old one told. */
export function withLastNames(path: string, given: Section, reading: Reading): Section {
  const renamed: Record<string, unknown> = { ...given }
  for (const [old, last] of Object.entries(OLD_NAMES)) {
    if (isNothing(given[old]) || given[old] === false || given[old] === 'false') continue
    reading.warn(`${path}.${old}`, `is an old name of ${last}`)
    renamed[last] = given[old]
  }
  for (const old of Object.keys(OLD_NAMES)) delete renamed[old]
  return renamed
}

/**
 * The role of a connection: a replica, if it does not say. Makara takes whatever it does not know for a replica too; we
 * do not, because a primary that was misspelt would get no writes.
 */
export function readRole(path: string, given: unknown, reading: Reading): 'primary' | 'replica' {
  const role = reading.text(path, given) ?? 'replica'
  if (role === 'primary' || role === 'replica') return role
  const last = OLD_ROLES[role]
  if (last === undefined) reading.problems.add(path, 'must be primary or replica', role)
  else reading.warn(path, `${role} is an old name of ${last}`)
  return last ?? 'replica'
}
