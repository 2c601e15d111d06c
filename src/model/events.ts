import type { Refusal } from '../base/errors.js'
import type { Route } from './route.js'
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
  /** The server says that it is something else than before. */
  nodeChangedRole: { readonly node: string; readonly from: Role; readonly to: Role }
  /** A statement failed on `from` and runs again on `to`; the caller sees nothing of it. */
  statementRetried: { readonly from: string; readonly to: string; readonly because: string; readonly error: Error }
  /** No replica could serve a read: the primary does. */
  readFellBack: { readonly to: string; readonly refusals: readonly Refusal[] }
  /** A replica refused what was taken for a read. It ran on the primary, and will from now on. */
  statementMisjudged: { readonly fingerprint: string; readonly node: string; readonly because: string }
  /** State set outside any checked-out client, or left in one, was undone before its connection went back. */
  sessionStateUndone: { readonly node: string; readonly what: readonly string[] }
  /** The catalogue could not be read: functions it would know stay on the primary. */
  catalogueFailed: { readonly node: string; readonly error: Error }
  /** An idle connection broke and was dropped. */
  connectionLost: { readonly node: string; readonly error: Error }
}

/** Passes an event on. */
export type Publish = <Name extends keyof ClusterEvents>(name: Name, message: ClusterEvents[Name]) => void
