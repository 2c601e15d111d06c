import type { BalancerName, PickNode } from './balancer.js'
import type { Consistency, ConsistencyScope } from './consistency.js'
import type { Topology, TopologyNode } from './topology.js'

/** How far reads may use the primary when no replica may serve. */
export type PrimaryReads = 'always' | 'never' | { readonly maxConcurrent: number }

/** One node, complete: no default is filled in below this type. `Driver` is what the driver needs to connect. */
export interface NodeConfig<Driver = unknown> {
  readonly name: string
  /** `unknown`: ask the server. Whatever is said here, the server's own word wins once it has spoken. */
  readonly role: 'primary' | 'replica' | 'unknown'
  /** `host:port`, for people and for the cluster's default id. Never contains a password. */
  readonly address: string
  /** Share of the work against other nodes of its role; 0 takes none while another can. */
  readonly weight: number
  readonly zone: string | undefined
  readonly shard: string | undefined
  /** Milliseconds a failed node stays out at first; 0 with `neverEject`. */
  readonly ejectMs: number
  readonly neverEject: boolean
  /** The user's own judgement of an error, asked before ours. `undefined`: no opinion. */
  readonly isConnectionError: ((error: Error) => boolean | undefined) | undefined
  /** Most connections to this node. */
  readonly max: number
  readonly driver: Driver
}

/** Where nodes that nobody configured come from. */
export interface TopologyConfig<Driver = unknown> {
  readonly topology: Topology
  /** @throws {ConfigError} what was found makes no sense. */
  readonly nodeOf: (found: TopologyNode) => NodeConfig<Driver>
  /** A server that is none of the cluster's. */
  readonly serverAt: (url: string) => NodeConfig<Driver>
}

/** A cluster's options, complete. */
export interface ClusterConfig<Driver = unknown> {
  /** Names this cluster in sessions and tokens. */
  readonly id: string
  readonly nodes: readonly NodeConfig<Driver>[]
  readonly topology: TopologyConfig<Driver> | undefined
  /** How long a node that comes to others takes to get its full share, in milliseconds; 0: it has it at once. */
  readonly slowStartMs: number
  readonly balancer: BalancerName | PickNode
  readonly primaryBalancer: BalancerName | PickNode
  /** Prefer nodes of this zone, whatever the balancer. */
  readonly zone: string | undefined
  readonly defaultShard: string | undefined
  /** What reads may miss, where neither their call nor their session says. */
  readonly consistency: Consistency
  /** Whether a read must see all that its session wrote and has seen, or what concerns the tables it reads. */
  readonly consistencyScope: ConsistencyScope
  /** How long a read waits for a replica that shows what it must see, in milliseconds. */
  readonly waitMs: number
  /** What becomes of a read when none does. */
  readonly whenBehind: 'primary' | 'fail'
  /** How long a session's reads stay on the primary after its write, wherever replicas stand; `undefined`: not at all. */
  readonly stickyMs: number | undefined
  readonly primaryReads: PrimaryReads
  /** Longest wait for a connection, over all nodes tried, in milliseconds. */
  readonly acquireTimeoutMs: number
  /** How long what needs a primary waits for one, in milliseconds; 0: not at all. */
  readonly holdWritesMs: number
  /** Most statements that wait so at once. */
  readonly maxHeldWrites: number
  readonly probe: {
    /** Rhythm of the health question to each node. */
    readonly everyMs: number
    /** An answer later than this counts as a failure. */
    readonly timeoutMs: number
    /** A node silent for this long loses its connections: writes under way end with outcome `unknown`. */
    readonly hungAfterMs: number
  }
  readonly readFunctions: readonly string[]
  readonly writeFunctions: readonly string[]
  readonly primaryTables: readonly string[]
  readonly catalogueRefreshMs: number
  /** Most texts whose classification is remembered. */
  readonly cacheSize: number
}
