import type { Refusal } from '../base/errors.js'
import type { Fence } from './fence.js'
import type { Route } from './route.js'
import type { TokenProblem } from './token-problem.js'
import type { Role } from './view.js'

/**
 * What a cluster tells the world, by name. Each is emitted on the pool and published on the diagnostics channel
 * `sluice:<name>`. None carries a password, a parameter or a row.
 */
export interface ClusterEvents {
  /** A statement got its node. Emitted only while somebody listens. */
  routed: Route
  /** A node takes no more work. It is probed again after `forMs`. */
  nodeWentDown: { readonly node: string; readonly cause: Error; readonly failures: number; readonly forMs: number }
  nodeCameUp: { readonly node: string; readonly downMs: number }
  /** A node has joined, or has gone after it finished what it had, by the topology. */
  nodeAdded: { readonly node: string; readonly address: string }
  nodeRemoved: { readonly node: string; readonly address: string }
  /** The topology could not tell which nodes there are: those known stay. Told once, until it can again. */
  topologyFailed: { readonly topology: string; readonly error: Error }
  /** What needs a primary waits from now on: none is there, or writes are paused. */
  writesHeld: { readonly shard: string | undefined; readonly because: 'no-primary' | 'paused' }
  /** Nothing waits any more. `count`: how many did, those included that gave up. */
  writesReleased: { readonly shard: string | undefined; readonly count: number; readonly heldMs: number }
  /** A node gets no statement any more, though it may answer; what was under way there is given up. */
  nodeFenced: { readonly node: string; readonly fence: Fence }
  /** The server says that it is something else than before. */
  nodeChangedRole: { readonly node: string; readonly from: Role; readonly to: Role }
  /** A statement failed on `from` and runs again on `to`; the caller sees nothing of it. */
  statementRetried: { readonly from: string; readonly to: string; readonly because: string; readonly error: Error }
  /** No replica could serve a read: the primary does. */
  readFellBack: { readonly to: string; readonly refusals: readonly Refusal[] }
  /** A replica refused what was taken for a read. It ran on the primary, and will from now on. */
  statementMisjudged: { readonly fingerprint: string; readonly node: string; readonly because: string }
  /** Replicas were behind what a read must see: it waited, and then ran on the primary. */
  readWasAhead: {
    readonly to: string
    readonly level: string
    readonly mustSee: string | undefined
    readonly waitedMs: number
  }
  /**
   * What a session must see is no part of the primary's history: its write was `lost` in a failover, nobody can tell
   * (`unknown`), or it came from another database (`foreign`). From now on it must see what the primary shows.
   */
  positionLost: { readonly position: string; readonly timeline: number; readonly why: 'lost' | 'unknown' | 'foreign' }
  /** The token that a session was begun with was not believed. */
  tokenRefused: { readonly problem: TokenProblem }
  /** A server does not say where it stands: sessions that wrote read on the primary. */
  positionUnknown: { readonly node: string; readonly error: Error }
  /** State set outside any checked-out client, or left in one, was undone before its connection went back. */
  sessionStateUndone: { readonly node: string; readonly what: readonly string[] }
  /** The catalogue could not be read: functions it would know stay on the primary. */
  catalogueFailed: { readonly node: string; readonly error: Error }
  /** An idle connection broke and was dropped. */
  connectionLost: { readonly node: string; readonly error: Error }
}

/** Passes an event on. */
export type Publish = <Name extends keyof ClusterEvents>(name: Name, message: ClusterEvents[Name]) => void
