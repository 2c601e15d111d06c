import type { Outcome } from '../base/errors.js'
import type { Judgement } from '../model/judgement.js'
import type { Role } from '../model/view.js'
import type { Need } from './need.js'

/** What was tried, and failed. */
export interface Attempt {
  readonly need: Need['to']
  /** The role of the node, as the view had it. */
  readonly role: Role
  /** A read without any effect on its session, none of whose rows has reached the caller. */
  readonly repeatable: boolean
  /** All or nothing: what the server says it has not completed has not happened. */
  readonly atomic: boolean
  /** Its caller says that it may run twice without harm. */
  readonly idempotent: boolean
}

export type NextStep =
  /** The same on another node of the same kind; when there is none, as for a read without replicas. */
  | 'elsewhere'
  /** A replica refused it as a replica, or does not know of what is there by now: the primary may take it. */
  | 'primary'
  /** The primary is not where we thought: ask every node, and go to the one that says so. */
  | 'find-primary'
  /** Tell the caller. */
  | 'give-up'

/** What is known of a statement that failed so. What may commit in between may have done part of it, whatever the server undid. */
export function outcomeAfter(
  { failure, outcome }: Judgement,
  { repeatable, atomic }: Pick<Attempt, 'repeatable' | 'atomic'>,
): Outcome {
  const isUndoneInPart = failure === 'connection-lost' && outcome === 'refused' && !repeatable && !atomic
  return isUndoneInPart ? 'unknown' : outcome
}

/**
 * What to do about a failed statement. The rule above all others: only what was surely not executed, or can be executed
 * twice without harm, is ever sent again.
 */
export function afterFailure(judgement: Judgement, attempt: Attempt): NextStep {
  if (attempt.need === 'node' || judgement.failure === 'statement') return 'give-up'
  switch (judgement.outcome) {
    case 'not-sent':
      return attempt.need === 'primary' ? afterNotSentToPrimary(judgement) : 'elsewhere'
    case 'refused':
      return afterRefusal(judgement, attempt)
    case 'unknown':
      return judgement.failure === 'connection-lost' ? afterLoss(attempt) : 'give-up'
  }
}

function afterLoss({ need, repeatable, idempotent }: Attempt): NextStep {
  if (repeatable) return 'elsewhere'
  return idempotent && need === 'primary' ? 'find-primary' : 'give-up'
}

function afterNotSentToPrimary(judgement: Judgement): NextStep {
  switch (judgement.failure) {
    case 'refused-by-replica':
    case 'connect-failed':
    case 'not-accepting':
      return 'find-primary'
    default:
      return 'give-up'
  }
}

function afterRefusal(judgement: Judgement, attempt: Attempt): NextStep {
  switch (judgement.failure) {
    case 'refused-by-replica':
      if (attempt.need === 'primary') return 'find-primary'
      return attempt.repeatable ? 'primary' : 'give-up'
    case 'perhaps-refused-by-replica':
    case 'not-there-yet':
      return attempt.role === 'replica' && attempt.repeatable ? 'primary' : 'give-up'
    case 'connection-lost':
      if (attempt.repeatable) return 'elsewhere'
      return attempt.need === 'primary' && (attempt.atomic || attempt.idempotent) ? 'find-primary' : 'give-up'
    case 'recovery-conflict':
      return attempt.role === 'replica' && attempt.repeatable ? 'elsewhere' : 'give-up'
    default:
      return 'give-up'
  }
}
