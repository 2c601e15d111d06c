import type { NodeOptions } from '../routing/options.js'
import { driverOptions, serverSettings } from './driver-options.js'
import { errorMatchers, type IsConnectionError } from './error-matchers.js'
import { readRole } from './old-names.js'
import type { Reading, Section } from './reading.js'
import { withUrl } from './url-options.js'

/** A node as Sluice knows it, and its role. */
export interface Connection {
  readonly role: 'primary' | 'replica'
  readonly node: NodeOptions
  readonly shard: string | undefined
  readonly path: string
}

/** What the levels above a connection say: it is merged over them. */
export interface Above {
  readonly merged: Section
  readonly settings: string | undefined
  readonly blacklisting: Blacklisting
}

/** Options that Makara takes from the `makara:` section only; on a connection they are accepted and ignored. */
const NOT_OF_A_CONNECTION = [
  'sticky',
  'primary_ttl',
  'master_ttl',
  'id',
  'primary_strategy',
  'replica_strategy',
  'master_strategy',
  'slave_strategy',
]

const OF_MAKARA: readonly string[] = [
  ...NOT_OF_A_CONNECTION,
  'blacklist_duration',
  'disable_blacklist',
  'connection_error_matchers',
]

export function readConnection(path: string, given: Section, above: Above, reading: Reading): Connection {
  const own = withUrl(path, given, reading)
  const merged = { ...above.merged, ...own }
  for (const key of NOT_OF_A_CONNECTION) {
    if (key in own) reading.warn(`${path}.${key}`, 'has no effect on a connection, in Makara neither: left out')
  }
  const driver = driverOptions(path, without(own, OF_MAKARA), reading)
  if ('acquireTimeoutMs' in driver) reading.warn(`${path}.checkout_timeout`, 'is one for the whole pool here: left out')
  const settings = serverSettings(`${path}.`, merged, reading)
  const isConnectionError = errorMatchers(
    `${path}.connection_error_matchers`,
    own['connection_error_matchers'],
    reading,
  )
  return {
    path,
    role: readRole(`${path}.role`, own['role'], reading),
    shard: reading.text(`${path}.shard_id`, merged['shard_id']),
    node: withoutNothing({
      host: reading.text(`${path}.host`, merged['host'] ?? merged['hostaddr']) ?? 'localhost',
      ...without(driver, ['host', 'acquireTimeoutMs']),
      name: reading.text(`${path}.name`, own['name']),
      weight: reading.number(`${path}.weight`, merged['weight']),
      options: settings === above.settings ? undefined : settings,
      ...ejectionOver(above.blacklisting, readBlacklisting(path, own, reading, above.blacklisting)),
      isConnectionError,
    }),
  }
}

/** What Makara is told of failed nodes, at one level or above it. */
export interface Blacklisting {
  readonly ms: number | undefined
  readonly isDisabled: boolean
}

export function readBlacklisting(path: string, given: Section, reading: Reading, above?: Blacklisting): Blacklisting {
  return {
    ms: reading.milliseconds(`${path}.blacklist_duration`, given['blacklist_duration']) ?? above?.ms,
    isDisabled: reading.flag(`${path}.disable_blacklist`, given['disable_blacklist']) ?? above?.isDisabled ?? false,
  }
}

/** A time of 0 never kept a node out either; Makara tried it for ever, in a loop. */
export function ejectionOf({ ms, isDisabled }: Blacklisting): Pick<NodeOptions, 'ejectMs' | 'neverEject'> {
  if (isDisabled || ms === 0) return { neverEject: true }
  return ms === undefined ? {} : { ejectMs: ms }
}

/** Only what differs: the rest is said once, for all nodes. */
function ejectionOver(above: Blacklisting, own: Blacklisting): Pick<NodeOptions, 'ejectMs' | 'neverEject'> {
  const [all, one] = [ejectionOf(above), ejectionOf(own)]
  const isBackIn = all.neverEject === true && one.neverEject !== true
  return {
    ...(one.neverEject === all.neverEject ? {} : one),
    ...(one.ejectMs === all.ejectMs ? {} : one),
    ...(isBackIn ? { neverEject: false } : {}),
  }
}

/** @returns the error judgement for all connections that have none of their own. */
export function sharedMatchers(path: string, given: Section, reading: Reading): IsConnectionError | undefined {
  return errorMatchers(`${path}.connection_error_matchers`, given['connection_error_matchers'], reading)
}

export function without(section: Section, keys: readonly string[]): Section {
  return Object.fromEntries(Object.entries(section).filter(([key]) => !keys.includes(key)))
}

export function withoutNothing<T extends object>(options: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> }
}
