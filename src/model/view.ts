import type { Fence, Lineal } from './fence.js'
import type { Health } from './health.js'
import type { Position } from './position.js'

/** What a node is now, as the server itself says. */
export type Role = 'primary' | 'replica' | 'unknown'

/**
 * The live counters of one node. The node that owns them changes them in place; balancers only read.
 * They are the one mutable thing a view leads to, because they change with every statement.
 */
export interface Load {
  /** Statements under way, transactions counted once. */
  readonly inFlight: number
  /** Exponentially weighted mean of the time a statement took, in milliseconds; 0 until one has finished. */
  readonly latencyMs: number
}

/**
 * How far one node has come in the history of writes, as it said last. Like its load, the node that owns it changes it in
 * place.
 */
export interface Progress {
  /** A primary: the end of what is written. A replica: what it has replayed, and shows. `undefined`: not known. */
  readonly position: Position | undefined
  /** When that was asked. See `Moments`. */
  readonly moment: number
  /** Grows when the node may have begun anew, and may stand further back: after a restart, or when we lost it. */
  readonly life: number
}

/** One node in a view. */
export interface NodeView {
  readonly name: string
  /** `host:port`, for people. */
  readonly address: string
  readonly role: Role
  /** What the configuration calls it. */
  readonly configured: Role
  /** The version of the view in which this process saw it turn from replica to primary; 0: never. */
  readonly promotedIn: number
  /** What it said of its history of writes last; `undefined`: nothing. */
  readonly history: Lineal | undefined
  /** A replica: whether it receives the present history from anybody, not an older one. `undefined`: it did not say. */
  readonly isReceiving: boolean | undefined
  /** A primary that refuses writes, though our role may write: it is about to be replaced, or not ready yet. */
  readonly isReadOnly: boolean
  /** The engine that a topology asked names it as the primary. */
  readonly isVouchedFor: boolean
  /** `false`: the topology says that it shall not read. */
  readonly takesReads: boolean
  /** Why it gets no statement, however well it is; `undefined`: it may. */
  readonly fence: Fence | undefined
  readonly health: Health
  readonly weight: number
  readonly zone: string | undefined
  readonly shard: string | undefined
  readonly load: Load
  readonly progress: Progress
}

/** An immutable picture of every node at one moment. A decision uses one view to its end. */
export interface View {
  /** Grows by one with every change. */
  readonly version: number
  /** In the order of the configuration. */
  readonly nodes: readonly NodeView[]
}
