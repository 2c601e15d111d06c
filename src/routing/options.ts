import type { BalancerName, PickNode } from '../model/balancer.js'
import type { PrimaryReads } from '../model/config.js'

/** What Sluice wants to know of one node, beside what its driver needs to connect. */
export interface NodeOptions {
  /** A connection URL. Its query may hold `name`, `weight`, `zone` and `shard`; the other keys here beat it. */
  readonly url?: string
  readonly connectionString?: string
  /** For events, errors, hints and `pool.view()`. Default `primary`, `primary-2`, `replica-1`, … in order. */
  readonly name?: string
  /** Share of the work against others of its role: a number of at least 0, default 1. 0: only when nobody else can. */
  readonly weight?: number
  /** Where it stands; see the pool's `zone`. */
  readonly zone?: string
  /** Which part of the data it holds; see `defaultShard`. */
  readonly shard?: string
  /** As the pool's, for this node. */
  readonly ejectMs?: number
  /** Never take this node out of service, whatever happens. Default false. */
  readonly neverEject?: boolean
  /** Your own judgement of an error, asked before ours: `true` ejects the node, `false` does not, `undefined` asks us. */
  readonly isConnectionError?: (error: Error) => boolean | undefined
  /** Any option of the driver: `host`, `port`, `ssl`, `max`, … It beats the pool's. */
  readonly [driverOption: string]: unknown
}

/** Sluice's options of a pool. All options of the driver may stand beside them, as defaults for every node. */
export interface ClusterOptions {
  /** The primary; or several, of which the first that may serve is used (see `primaryBalancer`). */
  readonly primary?: string | NodeOptions | readonly (string | NodeOptions)[]
  readonly replicas?: readonly (string | NodeOptions)[]
  /** Nodes of unknown role: the servers are asked. */
  readonly nodes?: readonly (string | NodeOptions)[]
  /** Names this cluster in sessions and tokens; must be the same in every process. Default: made of the addresses. */
  readonly id?: string
  /**
   * After a write, the session's reads stay on the primary for so long. Default `{ ttlMs: 5000 }`: longer than replicas
   * usually lag. `false`: never.
   */
  readonly sticky?: false | { readonly ttlMs: number }
  /** Which replica reads. Default `least-busy`, which evens out slow statements and slow nodes. */
  readonly balancer?: BalancerName | PickNode
  /** Which primary writes, where there are several. Default `failover`. */
  readonly primaryBalancer?: BalancerName | PickNode
  /** The zone of this process: nodes of it are preferred. Default: no preference. */
  readonly zone?: string
  /** The shard of statements that choose none. */
  readonly defaultShard?: string
  /** Milliseconds that a failed node stays out at first; doubles with each failed probe, with jitter. Default 5000. */
  readonly ejectMs?: number
  readonly neverEject?: boolean
  readonly isConnectionError?: (error: Error) => boolean | undefined
  /**
   * May the primary serve reads when no replica can? `always`, `never`, or as many at once. Default: half of its
   * connections, so that writes keep the other half.
   */
  readonly primaryReads?: PrimaryReads
  /** Longest wait for a connection, over all nodes tried. Default `connectionTimeoutMillis` if set, else 10000. */
  readonly acquireTimeoutMs?: number
  /** The health question to every node: how often (1000), how long to wait (2000), and after how much silence to give
   * up statements that may have written (10000). Milliseconds. */
  readonly probe?: { readonly everyMs?: number; readonly timeoutMs?: number; readonly hungAfterMs?: number }
  /** Functions that only read, whatever the catalogue says: `name` or `schema.name`. */
  readonly readFunctions?: readonly string[]
  /** Functions that write, whatever the catalogue says. */
  readonly writeFunctions?: readonly string[]
  /** How often the catalogue is read again. Default 60000. */
  readonly catalogueRefreshMs?: number
  /** Most texts whose classification is remembered. Default 5000. */
  readonly cacheSize?: number
}
