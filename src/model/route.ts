import type { Intent } from './intent.js'

/** Why a node was chosen. Stable codes; docs/routing.md lists them. */
export type RouteReason =
  /** The statement reads, and a replica is there. */
  | 'read'
  /** The statement writes, or must be taken for a write. */
  | 'write'
  /** The session wrote lately; its reads stay where its writes are. */
  | 'session-wrote'
  /** The session is pinned by the application. */
  | 'session-pinned'
  /** A transaction, cursor, lock or other state lives on this connection. */
  | 'connection-pinned'
  /** `SET` and its like: wherever the session reads. It follows the session to other nodes. */
  | 'session-state'
  /** The statement's text, the call's `route` option, or a view such as `pool.writer` asked for it. */
  | 'hint'
  | 'call'
  /** A read, but no replica may serve; the primary does, within its budget. */
  | 'no-replica'
  /** The read must see the latest: its level is `strong`. */
  | 'strong'
  /** A read, but no replica shows all that it must see. */
  | 'behind'
  /** A replica refused this statement before; it runs on the primary now. */
  | 'refused-before'

/** The answer: a node and the reason for it. */
export interface Route {
  readonly node: string
  readonly role: 'primary' | 'replica' | 'unknown'
  readonly intent: Intent
  readonly reason: RouteReason
  /** The classifier's reason, such as `plain-read`. */
  readonly because: string
  readonly detail: string | undefined
  readonly at: number
  /** What was known of positions; `undefined` where they do not matter. */
  readonly consistency?: ConsistencyRecord | undefined
}

/** Why this replica was thought to show enough, or none was. */
export interface ConsistencyRecord {
  /** `session`, or the bound in words. */
  readonly level: string
  /** What the node must have reached: timeline and LSN; `undefined`: nothing, or it could not be learnt. */
  readonly mustSee: string | undefined
  /** Where the node stood, as it said last. */
  readonly reached: string | undefined
  /** The groups of tables that it looks at, where `consistencyScope` is `tables` and they are known. */
  readonly tables?: readonly string[] | undefined
  /** How long the read waited for a replica, or for the position itself. */
  readonly waitedMs: number
}
