import type { BalancerName, PickNode } from '../model/balancer.js'
import type { ClusterConfig, NodeConfig, PrimaryReads } from '../model/config.js'
import { readConsistency } from './consistency-options.js'
import { defaultId } from './default-id.js'
import { didYouMean } from './edit-distance.js'
import { defaultsOf, findNodes } from './find-nodes.js'
import { MIGRATION_TABLES } from './migration-tables.js'
import { DEFAULT_MAX, type DriverOptions, type Options } from './nodes.js'
import { LONGEST_MS, Problems } from './problems.js'
import { refuseUnknown } from './refuse-unknown.js'
import type { Environment } from './server-address.js'
import { readTopology } from './topology-option.js'

const BALANCERS: readonly BalancerName[] = ['round-robin', 'least-busy', 'fastest', 'failover']
const DEFAULT_ACQUIRE_TIMEOUT_MS = 10_000
/** A token has to hold several. */
const LONGEST_ID = 64

/**
 * Turns a user's options into a complete configuration: the only place where a default is filled in.
 *
 * Options of the driver are defaults for every node. Without `primary`, `replicas` and `nodes`, the options describe one
 * primary, or, where they name several hosts, as many nodes of unknown role.
 *
 * @param environment where libpq's variables are looked up, as `pg` does.
 * @throws {ConfigError} naming everything that is wrong, and no password.
 */
export function resolveConfig(options: unknown, environment: Environment = process.env): ClusterConfig<DriverOptions> {
  const problems = new Problems()
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    problems.addHidden('options', 'must be an object; a URL is its connectionString', options)
    problems.throwIfAny()
  }
  const given = options as Options
  refuseUnknown(given, 'pool', '', problems)
  const topology = readTopology(given['topology'], () => defaultsOf(given, problems), environment, problems)
  const found = findNodes(given, environment, problems)
  const nodes = found.map((it) => it.config)
  if (nodes.length === 0 && topology === undefined && problems.isEmpty) {
    problems.add('primary', 'must name a node, or replicas or nodes must: there is none', 'an empty list')
  }
  const id = readId(given, problems) ?? defaultId(found, topology?.topology.id)
  const config = { ...readPool(given, nodes, problems), topology, nodes, id }
  problems.throwIfAny()
  return config
}

function readId(given: Options, problems: Problems): string | undefined {
  return problems.string('id', given['id'], LONGEST_ID)
}

function readPool(
  given: Options,
  nodes: readonly NodeConfig<DriverOptions>[],
  problems: Problems,
): Omit<ClusterConfig<DriverOptions>, 'nodes' | 'id' | 'topology'> {
  return {
    balancer: readBalancer('balancer', given['balancer'], problems) ?? 'least-busy',
    primaryBalancer: readBalancer('primaryBalancer', given['primaryBalancer'], problems) ?? 'failover',
    zone: problems.string('zone', given['zone']),
    defaultShard: readDefaultShard(given['defaultShard'], nodes, problems),
    ...readConsistency(given, nodes, problems),
    primaryReads: readPrimaryReads(given['primaryReads'], nodes, problems),
    acquireTimeoutMs: readAcquireTimeout(given, problems),
    slowStartMs: readMs('slowStartMs', given['slowStartMs'], 0, problems) ?? 5000,
    holdWritesMs: readMs('holdWritesMs', given['holdWritesMs'], 0, problems) ?? 10_000,
    maxHeldWrites: problems.number('maxHeldWrites', given['maxHeldWrites'], { least: 0, isWhole: true }) ?? 1000,
    probe: readProbe(given['probe'], problems),
    ...readFunctionLists(given, problems),
    primaryTables: [...MIGRATION_TABLES, ...problems.names('primaryTables', given['primaryTables'])],
    catalogueRefreshMs: readMs('catalogueRefreshMs', given['catalogueRefreshMs'], 100, problems) ?? 60_000,
    cacheSize: problems.number('cacheSize', given['cacheSize'], { least: 1, isWhole: true }) ?? 5000,
  }
}

function readMs(path: string, value: unknown, least: number, problems: Problems): number | undefined {
  return problems.number(path, value, { least, most: LONGEST_MS })
}

function readBalancer(path: string, value: unknown, problems: Problems): BalancerName | PickNode | undefined {
  if (typeof value === 'function') return value as PickNode
  if (value === undefined || BALANCERS.includes(value as BalancerName)) return value as BalancerName | undefined
  const meant = typeof value === 'string' ? didYouMean(value.replaceAll('_', '-'), BALANCERS) : undefined
  const hint = meant === undefined ? '' : `; did you mean ${meant}?`
  return problems.add(path, `must be ${BALANCERS.join(', ')}, or a function${hint}`, value)
}

function readDefaultShard(value: unknown, nodes: readonly NodeConfig[], problems: Problems): string | undefined {
  const shard = problems.string('defaultShard', value)
  const shards = [...new Set(nodes.map((node) => node.shard ?? '(none)'))]
  if (shard === undefined || nodes.length === 0 || shards.includes(shard)) return shard
  return problems.add('defaultShard', `must be the shard of a node; there are ${shards.join(', ')}`, shard)
}

function readPrimaryReads(value: unknown, nodes: readonly NodeConfig[], problems: Problems): PrimaryReads {
  if (value === 'always' || value === 'never') return value
  const given = typeof value === 'object' ? problems.record('primaryReads', value, ['maxConcurrent']) : undefined
  const rule = { least: 1, isWhole: true }
  const maxConcurrent = problems.number('primaryReads.maxConcurrent', given?.['maxConcurrent'], rule)
  if (maxConcurrent !== undefined) return { maxConcurrent }
  if (value !== undefined && given?.['maxConcurrent'] === undefined) {
    problems.add('primaryReads', "must be 'always', 'never' or { maxConcurrent }", value)
  }
  const max = nodes.find((node) => node.role !== 'replica')?.max ?? DEFAULT_MAX
  return { maxConcurrent: Math.max(1, Math.floor(max / 2)) }
}

function readAcquireTimeout(given: Options, problems: Problems): number {
  const own = readMs('acquireTimeoutMs', given['acquireTimeoutMs'], 1, problems)
  const drivers = given['connectionTimeoutMillis']
  return own ?? (typeof drivers === 'number' && drivers > 0 ? drivers : DEFAULT_ACQUIRE_TIMEOUT_MS)
}

function readProbe(value: unknown, problems: Problems): ClusterConfig['probe'] {
  const given = problems.record('probe', value, ['everyMs', 'timeoutMs', 'hungAfterMs'])
  const probe = {
    everyMs: readMs('probe.everyMs', given?.['everyMs'], 10, problems) ?? 1000,
    timeoutMs: readMs('probe.timeoutMs', given?.['timeoutMs'], 10, problems) ?? 2000,
    hungAfterMs: readMs('probe.hungAfterMs', given?.['hungAfterMs'], 10, problems) ?? 10_000,
  }
  if (probe.hungAfterMs < probe.timeoutMs) {
    const rule = `must be at least probe.timeoutMs, which is ${probe.timeoutMs}`
    problems.add('probe.hungAfterMs', rule, probe.hungAfterMs)
  }
  return probe
}

function readFunctionLists(
  given: Options,
  problems: Problems,
): Pick<ClusterConfig, 'readFunctions' | 'writeFunctions'> {
  const readFunctions = problems.names('readFunctions', given['readFunctions'])
  const writeFunctions = problems.names('writeFunctions', given['writeFunctions'])
  const both = readFunctions.find((name) => writeFunctions.includes(name))
  if (both !== undefined) problems.add('readFunctions', 'must not name a function of writeFunctions', both)
  return { readFunctions, writeFunctions }
}
