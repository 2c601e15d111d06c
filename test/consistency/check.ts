import type { History } from './operation.js'
import { nothingAcknowledgedIsLost, nothingSeenVanishes } from './rules/final.js'
import { freshWithin, monotonicReads, readYourWrites } from './rules/session.js'
import { executedOnce, onlyWrittenValues, undoneStaysUnseen } from './rules/values.js'
import type { Violation } from './violation.js'

export interface CheckOptions {
  /** What the level promises beyond the session: how far behind any acknowledged write a read may be. */
  readonly freshWithinMs: number | undefined
}

/** Everything that is wrong with a history, by every rule. Pure: the same history gives the same answer. */
export function check(history: History, options: CheckOptions): readonly Violation[] {
  const { operations } = history
  return [
    ...readYourWrites(operations),
    ...monotonicReads(operations),
    ...(options.freshWithinMs === undefined ? [] : freshWithin(operations, options.freshWithinMs)),
    ...onlyWrittenValues(history),
    ...undoneStaysUnseen(history),
    ...executedOnce(history),
    ...nothingAcknowledgedIsLost(history),
    ...nothingSeenVanishes(history),
  ]
}
