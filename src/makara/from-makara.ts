import { redacted } from '../base/secrets.js'
import type { BalancerName } from '../model/balancer.js'
import type { ClusterOptions } from '../routing/options.js'
import {
  type Above,
  type Connection,
  ejectionOf,
  readBlacklisting,
  readConnection,
  sharedMatchers,
  without,
  withoutNothing,
} from './connections.js'
import { driverOptions, serverSettings } from './driver-options.js'
import { findSection, type MakaraSection } from './find-section.js'
import { withLastNames } from './old-names.js'
import { isNothing, Reading, type Section } from './reading.js'
import { readShards } from './shards.js'
import { withUrl } from './url-options.js'

/** Options for `new Pool`: Sluice's, and those of `pg` that stand at the top of a `database.yml`. */
export interface PoolOptionsFromMakara extends ClusterOptions {
  readonly port?: number
  readonly user?: string
  readonly password?: string
  readonly database?: string
  readonly max?: number
  readonly min?: number
  readonly ssl?: boolean | { readonly rejectUnauthorized: boolean }
  readonly options?: string
  readonly application_name?: string
  readonly fallback_application_name?: string
  readonly connectionTimeoutMillis?: number
  readonly idleTimeoutMillis?: number
  readonly keepAlive?: boolean
  readonly keepAliveInitialDelayMillis?: number
}

export interface FromMakara {
  readonly options: PoolOptionsFromMakara
  /** What is obsolete, what is left out, and what you should look at. One sentence each. */
  readonly warnings: readonly string[]
}

/** Options of the `makara:` section that are not of a connection. */
const OF_THE_PROXY = [
  'id',
  'sticky',
  'primary_ttl',
  'primary_strategy',
  'replica_strategy',
  'primary_shard_aware',
  'replica_shard_aware',
  'primary_default_shard',
  'replica_default_shard',
  'connections',
  'rescue_connection_failures',
]

const OF_EACH_NODE = ['blacklist_duration', 'disable_blacklist', 'connection_error_matchers']

/**
 * Reads the `makara:` section of a Rails `database.yml` as options for `new Pool`.
 *
 * docs/from-makara.md has a row for everything that Makara does, with what becomes of it.
 *
 * @param source the text of the file, or the object that a YAML parser made of it.
 * @param options.environment such as `production`; needed where several have a `makara:` section.
 * @throws {ConfigError} what cannot be read, has no equal, or needs Ruby (ERB): everything that is wrong at once.
 */
export function fromMakara(source: string | object, options: { readonly environment?: string } = {}): FromMakara {
  const reading = new Reading()
  const { top, makara, path } = findSection(source, options.environment)
  refuseAdapter(path.replace(/makara$/, 'adapter'), top['adapter'], reading)
  const found = { top: withUrl(path.replace(/\.?makara$/, ''), top, reading), makara, path }
  const read = readAll(found, withLastNames(path, makara, reading), reading)
  reading.problems.throwIfAny()
  return { options: redacted(read), warnings: reading.warnings }
}

function readAll({ top, path }: MakaraSection, makara: Section, reading: Reading): PoolOptionsFromMakara {
  const topPath = path.replace(/\.?makara$/, '')
  // A `blacklist_duration` outside the section is hidden by the default that Makara puts inside it.
  const merged = { ...without(top, ['makara', 'blacklist_duration']), ...without(makara, OF_THE_PROXY) }
  const above: Above = {
    merged,
    settings: serverSettings(`${path}.`, merged, reading),
    blacklisting: readBlacklisting(path, merged, reading),
  }
  const connections = readConnections(path, makara, above, reading)
  const shards = readShards(path, makara, connections, reading)
  const nodeOf = ({ node, shard }: Connection) => redacted(shards.isAware ? { ...node, shard } : node)
  const primaries = connections.filter((it) => it.role === 'primary')
  const replicas = connections.filter((it) => it.role === 'replica')
  warnOfUseless(top, makara, path, reading)
  return withoutNothing({
    ...without(driverOptions(topPath, without(top, ['makara', ...OF_EACH_NODE]), reading), ['host']),
    ...without(driverOptions(path, without(makara, [...OF_THE_PROXY, ...OF_EACH_NODE]), reading), ['host']),
    options: above.settings,
    id: reading.text(`${path}.id`, makara['id']),
    ...readSticky(path, makara, reading),
    balancer: readStrategy(`${path}.replica_strategy`, makara['replica_strategy'], 'balancer', reading),
    primaryBalancer: readPrimaryStrategy(path, makara, primaries, reading),
    ...ejectionOf(above.blacklisting),
    isConnectionError: sharedMatchers(path, merged, reading),
    defaultShard: shards.defaultShard,
    primary: primaries.map(nodeOf),
    replicas: replicas.map(nodeOf),
  }) as PoolOptionsFromMakara
}

function warnOfUseless(top: Section, makara: Section, path: string, reading: Reading): void {
  if (makara['rescue_connection_failures'] !== undefined) {
    reading.warn(
      `${path}.rescue_connection_failures`,
      'is obsolete since Makara 0.3: nodes may always be down at start',
    )
  }
  if (top['blacklist_duration'] !== undefined) {
    reading.warn(path.replace(/makara$/, 'blacklist_duration'), 'stands where Makara does not see it: left out')
  }
}

function readConnections(path: string, makara: Section, above: Above, reading: Reading): readonly Connection[] {
  const list = reading.list(`${path}.connections`, makara['connections'])
  if (list.length === 0) reading.problems.add(`${path}.connections`, 'must name at least one connection', 'none')
  return list.map((it, i) => {
    const at = `${path}.connections[${i}]`
    return readConnection(at, reading.section(at, it), above, reading)
  })
}

function refuseAdapter(path: string, given: unknown, reading: Reading): void {
  const adapter = reading.text(path, given)
  if (adapter === undefined || /postg(res(ql)?|is)/i.test(adapter)) return
  reading.problems.add(path, 'must be one of PostgreSQL, which is what sluice/pg speaks', adapter)
}

/** Without a time of its own, the section means what positions do better: see your own writes. */
function readSticky(path: string, makara: Section, reading: Reading): Pick<ClusterOptions, 'sticky' | 'consistency'> {
  const ttlMs = reading.milliseconds(`${path}.primary_ttl`, makara['primary_ttl'])
  if (reading.flag(`${path}.sticky`, makara['sticky']) === false) return { sticky: false, consistency: 'eventual' }
  return ttlMs === undefined || ttlMs === 0 ? {} : { sticky: { ttlMs } }
}

function readStrategy(
  path: string,
  given: unknown,
  option: 'balancer' | 'primaryBalancer',
  reading: Reading,
): BalancerName | undefined {
  const strategy = reading.text(path, given)
  switch (strategy) {
    case undefined:
      return undefined
    case 'round_robin':
    case 'roundrobin':
      return 'round-robin'
    case 'failover':
      return 'failover'
    default:
      reading.warn(path, `names a class, ${strategy}: left out; pass a function as ${option} instead`)
      return undefined
  }
}

function readPrimaryStrategy(
  path: string,
  makara: Section,
  primaries: readonly Connection[],
  reading: Reading,
): BalancerName | undefined {
  if (isNothing(makara['primary_strategy']) && primaries.length > 1) {
    reading.warn(
      `${path}.primary_strategy`,
      'was round_robin by default; here one primary writes until it fails (failover)',
    )
  }
  return readStrategy(`${path}.primary_strategy`, makara['primary_strategy'], 'primaryBalancer', reading)
}
