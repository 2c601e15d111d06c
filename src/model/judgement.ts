import type { Outcome } from '../base/errors.js'

/** What an error says about the node it came from. Judged by code, never by message. */
export type Failure =
  /** The server refused the statement because it is a replica. It was not executed. */
  | 'refused-by-replica'
  /** A code that replicas use to refuse, but not only they: the primary's answer tells. It was not executed. */
  | 'perhaps-refused-by-replica'
  /** The server knows no such table, column, function, type or schema: a replica perhaps not yet. It was not executed. */
  | 'not-there-yet'
  /** A replica cancelled the statement to go on replaying. */
  | 'recovery-conflict'
  /** No connection could be opened: refused, unreachable, timed out. */
  | 'connect-failed'
  /** The server answered, but takes no connections now: starting, stopping, or full. */
  | 'not-accepting'
  /** An established connection broke, or the server ended it. */
  | 'connection-lost'
  /** Waiting for a free connection took too long; the node itself may be well. */
  | 'pool-exhausted'
  /** A connection was found, but the choice of the node no longer held. */
  | 'choice-over'
  /** Wrong password, no such database, no entry in pg_hba.conf: trying again does not help. */
  | 'misconfigured'
  /** Everything else: the statement's own error. */
  | 'statement'

export interface Judgement {
  readonly failure: Failure
  /** What is known of the statement that was under way. */
  readonly outcome: Outcome
}
