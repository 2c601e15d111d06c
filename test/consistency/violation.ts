import type { Operation } from './operation.js'

/** What can be broken. The function that checks a rule says what it is; they are in rules/. */
export type Rule =
  | 'read-your-writes'
  | 'monotonic-reads'
  | 'too-stale'
  | 'unwritten-value'
  | 'undone-write-seen'
  | 'executed-twice'
  | 'lost-write'
  | 'vanished-value'
  | 'never-ended'
  | 'uncaught-error'

/** A rule that a history breaks, and the operations that show it. */
export interface Violation {
  readonly rule: Rule
  /** What was wrong with which operation, in a sentence. */
  readonly what: string
  /** The operation that is wrong; `undefined` where it is the final state. */
  readonly operation: Operation | undefined
  /** Those that prove it. */
  readonly because: readonly Operation[]
}
