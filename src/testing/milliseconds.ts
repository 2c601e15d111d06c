import { OperationError } from '../replication/postgresql/errors.js'
import { LONGEST_MS } from '../routing/problems.js'

/** @throws {OperationError} PostgreSQL and timers take other numbers for something else, or for nothing. */
export function mustBeMs(step: string, ms: number): void {
  if (Number.isInteger(ms) && ms >= 0 && ms <= LONGEST_MS) return
  throw new OperationError(step, `the time must be a whole number of milliseconds from 0 to ${LONGEST_MS}, found ${ms}`)
}
