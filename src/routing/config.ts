import { createHash } from 'node:crypto'
import type { BalancerName, PickNode } from '../model/balancer.js'
import type { ClusterConfig, NodeConfig, PrimaryReads } from '../model/config.js'
import { DRIVER_KEYS, didYouMean, NODE_KEYS, POOL_KEYS } from './known-options.js'
import { readNodeUrl } from './node-url.js'
import { Problems } from './problems.js'

type Options = Readonly<Record<string, unknown>>
type DriverOptions = Record<string, unknown>
type ConfiguredRole = NodeConfig['role']

const BALANCERS: readonly BalancerName[] = ['round-robin', 'least-busy', 'fastest', 'failover']
const DEFAULT_MAX = 10
const DEFAULT_ACQUIRE_TIMEOUT_MS = 10_000

/**
 * Turns a user's options into a complete configuration: the only place where a default is filled in.
 *
 * Options of the driver are defaults for every node. Without `primary`, `replicas` and `nodes`, the options describe one
 * primary, or, where they name several hosts, as many nodes of unknown role.
 *
 * @throws {ConfigError} naming everything that is wrong.
 */
export function resolveConfig(options: object): ClusterConfig<DriverOptions> {
  const given = options as Options
  const problems = new Problems()
  refuseUnknown(given, '', [...POOL_KEYS, ...NODE_KEYS, ...DRIVER_KEYS], problems)
  const nodes = readNodes(given, problems)
  checkNodes(nodes, problems)
  const config = { ...readPool(given, nodes, problems), nodes }
  problems.throwIfAny()
  return config
}

function readPool(
  given: Options,
  nodes: readonly NodeConfig<DriverOptions>[],
  problems: Problems,
): Omit<ClusterConfig<DriverOptions>, 'nodes'> {
  return {
    id: problems.string('id', given['id']) ?? defaultId(nodes),
    balancer: readBalancer('balancer', given['balancer'], problems) ?? 'least-busy',
    primaryBalancer: readBalancer('primaryBalancer', given['primaryBalancer'], problems) ?? 'failover',
    zone: problems.string('zone', given['zone']),
    defaultShard: problems.string('defaultShard', given['defaultShard']),
    stickyMs: readSticky(given['sticky'], problems),
    primaryReads: readPrimaryReads(given['primaryReads'], nodes, problems),
    acquireTimeoutMs: readAcquireTimeout(given, problems),
    probe: readProbe(given['probe'], problems),
    readFunctions: problems.names('readFunctions', given['readFunctions']),
    writeFunctions: problems.names('writeFunctions', given['writeFunctions']),
    catalogueRefreshMs: problems.number('catalogueRefreshMs', given['catalogueRefreshMs'], 100) ?? 60_000,
    cacheSize: problems.wholeNumber('cacheSize', given['cacheSize'], 1) ?? 5000,
  }
}

function readNodes(given: Options, problems: Problems): readonly NodeConfig<DriverOptions>[] {
  const shared = pick(given, DRIVER_KEYS)
  const hasLists = given['primary'] !== undefined || given['replicas'] !== undefined || given['nodes'] !== undefined
  if (!hasLists) return readSingle(given, shared, problems)
  const defaults = { ...shared, ...pick(given, ['ejectMs', 'neverEject', 'isConnectionError']) }
  return [
    ...readList('primary', listOf(given['primary']), 'primary', defaults, problems),
    ...readList('replicas', given['replicas'] ?? [], 'replica', defaults, problems),
    ...readList('nodes', given['nodes'] ?? [], 'unknown', defaults, problems),
  ]
}

/** No lists: the options themselves are the node, or the hosts that they name are the nodes. */
function readSingle(given: Options, shared: DriverOptions, problems: Problems): readonly NodeConfig<DriverOptions>[] {
  const host = given['host']
  if (typeof host === 'string' && host.includes(',')) {
    const ports = String(given['port'] ?? '').split(',')
    const { host: _host, port: _port, ...rest } = shared
    const list = host.split(',').map((name, i) => ({ host: name, port: Number(ports[i] || ports[0] || 5432) }))
    return readList('host', list, 'unknown', rest, problems)
  }
  const own = pick(given, NODE_KEYS)
  const url = own['url'] ?? shared['connectionString']
  const isMany = typeof url === 'string' && readNodeUrl(url, 'connectionString', new Problems()).length > 1
  const { connectionString: _url, ...rest } = shared
  return readList(
    'connectionString',
    [{ ...own, ...(url === undefined ? {} : { url }) }],
    isMany ? 'unknown' : 'primary',
    rest,
    problems,
  )
}

function listOf(value: unknown): unknown {
  return value === undefined ? [] : Array.isArray(value) ? value : [value]
}

function readList(
  path: string,
  list: unknown,
  role: ConfiguredRole,
  defaults: DriverOptions,
  problems: Problems,
): readonly NodeConfig<DriverOptions>[] {
  if (!Array.isArray(list)) {
    problems.add(path, 'must be a list of URLs or node options', list)
    return []
  }
  const nodes: NodeConfig<DriverOptions>[] = []
  for (const [i, item] of list.entries()) {
    const where = list.length === 1 && path !== 'replicas' && path !== 'nodes' ? path : `${path}[${i}]`
    for (const options of expand(item, where, problems)) {
      nodes.push(readNode(options, where, role, nodes.length + 1, defaults, problems))
    }
  }
  return nodes
}

/** What one entry of a list stands for: one node, or one for each host of its URL. */
function expand(item: unknown, path: string, problems: Problems): readonly Options[] {
  const options: unknown = typeof item === 'string' ? { url: item } : item
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    problems.add(path, 'must be a URL or an object of node options', item)
    return []
  }
  const given = options as Options
  refuseUnknown(given, `${path}.`, [...NODE_KEYS, ...DRIVER_KEYS], problems)
  const url = given['url'] ?? given['connectionString']
  if (url === undefined) return [given]
  if (typeof url !== 'string') {
    problems.add(`${path}.url`, 'must be a text', url)
    return []
  }
  const { url: _url, connectionString: _connectionString, ...rest } = given
  return readNodeUrl(url, path, problems).map((it) => ({
    ...it.own,
    ...rest,
    connectionString: it.url,
    [ADDRESS]: it.address,
  }))
}

/** Read from the URL, for our own use: never an option. */
const ADDRESS = '\0address'

function readNode(
  options: Options,
  path: string,
  role: ConfiguredRole,
  number: number,
  defaults: DriverOptions,
  problems: Problems,
): NodeConfig<DriverOptions> {
  const all: Options = { ...defaults, ...options }
  const driver: DriverOptions = { ...pick(defaults, DRIVER_KEYS), ...pick(options, DRIVER_KEYS) }
  // A node's own host beats a URL that was given for all.
  if (options['host'] !== undefined && options['connectionString'] === undefined) delete driver['connectionString']
  const max = problems.wholeNumber(`${path}.max`, driver['max'] ?? driver['poolSize'], 1) ?? DEFAULT_MAX
  return {
    name: problems.string(`${path}.name`, options['name']) ?? defaultName(role, number),
    role,
    address: String(options[ADDRESS] ?? `${driver['host'] ?? 'localhost'}:${driver['port'] ?? 5432}`),
    weight: problems.number(`${path}.weight`, options['weight'], 0) ?? 1,
    zone: problems.string(`${path}.zone`, options['zone']),
    shard: problems.string(`${path}.shard`, options['shard']),
    ejectMs: problems.number(`${path}.ejectMs`, all['ejectMs'], 1) ?? 5000,
    neverEject: problems.boolean(`${path}.neverEject`, all['neverEject']) ?? false,
    isConnectionError: problems.callable(`${path}.isConnectionError`, all['isConnectionError']),
    max,
    driver,
  }
}

function defaultName(role: ConfiguredRole, number: number): string {
  if (role === 'primary') return number === 1 ? 'primary' : `primary-${number}`
  return role === 'replica' ? `replica-${number}` : `node-${number}`
}

function checkNodes(nodes: readonly NodeConfig[], problems: Problems): void {
  if (nodes.length === 0)
    problems.add('primary', 'there must be at least one node: primary, replicas or nodes', undefined)
  const names = new Set<string>()
  for (const { name } of nodes) {
    if (names.has(name)) problems.add('name', 'two nodes must not have one name', name)
    names.add(name)
  }
}

function refuseUnknown(given: Options, prefix: string, known: readonly string[], problems: Problems): void {
  for (const key of Object.keys(given)) {
    if (known.includes(key) || key.startsWith('\0')) continue
    const near = didYouMean(key, known)
    problems.add(
      `${prefix}${key}`,
      `is not an option${near === undefined ? '' : `; did you mean ${near}?`}`,
      given[key],
    )
  }
}

function readBalancer(path: string, value: unknown, problems: Problems): BalancerName | PickNode | undefined {
  return typeof value === 'function' ? (value as PickNode) : problems.oneOf(path, value, BALANCERS)
}

function readSticky(value: unknown, problems: Problems): number | undefined {
  if (value === undefined) return 5000
  if (value === false) return undefined
  if (typeof value === 'object' && value !== null) {
    return (
      problems.number('sticky.ttlMs', (value as Options)['ttlMs'], 0) ?? problems.add('sticky', 'needs ttlMs', value)
    )
  }
  return problems.add('sticky', 'must be false or { ttlMs }', value)
}

function readPrimaryReads(value: unknown, nodes: readonly NodeConfig[], problems: Problems): PrimaryReads {
  const max = nodes.find((node) => node.role !== 'replica')?.max ?? DEFAULT_MAX
  const half = { maxConcurrent: Math.max(1, Math.floor(max / 2)) }
  if (value === undefined) return half
  if (value === 'always' || value === 'never') return value
  if (typeof value === 'object' && value !== null) {
    const limit = problems.wholeNumber('primaryReads.maxConcurrent', (value as Options)['maxConcurrent'], 1)
    if (limit !== undefined) return { maxConcurrent: limit }
  }
  problems.add('primaryReads', "must be 'always', 'never' or { maxConcurrent }", value)
  return half
}

function readAcquireTimeout(given: Options, problems: Problems): number {
  const own = problems.number('acquireTimeoutMs', given['acquireTimeoutMs'], 1)
  const drivers = given['connectionTimeoutMillis']
  return own ?? (typeof drivers === 'number' && drivers > 0 ? drivers : DEFAULT_ACQUIRE_TIMEOUT_MS)
}

function readProbe(value: unknown, problems: Problems): ClusterConfig['probe'] {
  if (value !== undefined && (typeof value !== 'object' || value === null)) {
    problems.add('probe', 'must be an object of everyMs, timeoutMs and hungAfterMs', value)
  }
  const given = (typeof value === 'object' && value !== null ? value : {}) as Options
  refuseUnknown(given, 'probe.', ['everyMs', 'timeoutMs', 'hungAfterMs'], problems)
  return {
    everyMs: problems.number('probe.everyMs', given['everyMs'], 10) ?? 1000,
    timeoutMs: problems.number('probe.timeoutMs', given['timeoutMs'], 10) ?? 2000,
    hungAfterMs: problems.number('probe.hungAfterMs', given['hungAfterMs'], 10) ?? 10_000,
  }
}

/** The same in every process of an application, whatever the order of its nodes or its password. */
function defaultId(nodes: readonly NodeConfig<DriverOptions>[]): string {
  const addresses = nodes
    .map((node) => node.address)
    .sort()
    .join(',')
  return createHash('sha256').update(addresses).digest('base64url').slice(0, 12)
}

function pick(from: Options, keys: readonly string[]): DriverOptions {
  const picked: DriverOptions = {}
  for (const key of keys) if (from[key] !== undefined) picked[key] = from[key]
  return picked
}
