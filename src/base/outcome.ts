import { ClusterError, type Outcome } from './errors.js'

const OUTCOME = Symbol.for('sluice.outcome')

/** Notes on a foreign error what is known of its statement, without changing anything a program or a person sees. */
export function markOutcome<E extends object>(error: E, outcome: Outcome): E {
  if (Object.isExtensible(error)) {
    Object.defineProperty(error, OUTCOME, { value: outcome, enumerable: false, configurable: true })
  }
  return error
}

/**
 * What is known of the statement that failed with this error.
 *
 * Reads Sluice's own errors and those of the driver and the server that came through a Sluice pool.
 * Anything else is `unknown`: in doubt the statement may have happened.
 */
export function outcomeOf(error: unknown): Outcome {
  if (error instanceof ClusterError) return error.outcome
  if (typeof error === 'object' && error !== null && OUTCOME in error) return error[OUTCOME] as Outcome
  return 'unknown'
}
