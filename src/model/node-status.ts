import type { Position } from './position.js'
import type { Role } from './view.js'

/** What a server said of itself, in one answer. */
export interface NodeStatus {
  readonly role: Role
  /** A primary: the end of what it has written. A replica: what it has replayed. `undefined`: it does not say. */
  readonly position: Position | undefined
  /** When its server process began, as it says; another value is another life, which may know less. */
  readonly startedAt: string | undefined
  /** A replica: a process of its server receives, or tries to. */
  readonly isReceiving: boolean | undefined
  /** A replica: the timeline of what it receives; `undefined`: nothing, or it does not say. */
  readonly receivedTimeline: number | undefined
  /** New transactions of ours there may not write, by a setting. A replica's never may. */
  readonly isReadOnly: boolean
  /** A primary: commits may wait for a synchronous standby. */
  readonly isSynchronous: boolean
  /** A primary: where its last recovery ended. In the life in which it was promoted, its timeline began there. */
  readonly recoveredTo: bigint | undefined
}
