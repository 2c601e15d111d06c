import { ConfigError } from '../../base/errors.js'
import type { TransactionOptions } from './routed-pool.js'

/** How often a transaction is begun anew, where nobody says. */
const USUAL_RETRIES = 3
const FIRST_PAUSE_MS = 10
/** It lost to another transaction: nothing of it was committed, and the next time it may win. */
const LOST_TO_ANOTHER: ReadonlySet<unknown> = new Set(['40001', '40P01'])
const ISOLATIONS: readonly unknown[] = ['read committed', 'repeatable read', 'serializable']

export function hasLostToAnother(error: unknown): boolean {
  return LOST_TO_ANOTHER.has((error as { code?: unknown } | null)?.code)
}

/** Before the next time, in milliseconds: longer each time, and not the same for everybody. */
export function pauseMs(failed: number): number {
  return FIRST_PAUSE_MS * 2 ** failed * (0.5 + Math.random() / 2)
}

/** @throws {ConfigError} */
export function beginText({ isolation, readOnly = false, deferrable = false }: TransactionOptions): string {
  if (isolation !== undefined && !ISOLATIONS.includes(isolation)) {
    refuse('isolation', `must be one of ${ISOLATIONS.join(', ')}`, isolation)
  }
  const level = isolation === undefined ? '' : ` isolation level ${isolation}`
  return `begin${level}${readOnly ? ' read only' : ''}${deferrable ? ' deferrable' : ''}`
}

/** @throws {ConfigError} */
export function retriesOf({ retry }: TransactionOptions): number {
  if (retry === undefined || retry === false) return 0
  if (retry === true) return USUAL_RETRIES
  const most: unknown = (retry as { most?: unknown } | null)?.most
  if (typeof most === 'number' && Number.isSafeInteger(most) && most >= 0) return most
  return refuse('retry', 'must be true, false, or { most: a whole number of at least 0 }', retry)
}

export function rolledBack(): Error {
  return new Error(
    'the transaction was rolled back: a statement in it failed, and the function did not pass its error on',
  )
}

function refuse(option: string, rule: string, value: unknown): never {
  const found = typeof value === 'string' ? `'${value}'` : typeof value
  throw new ConfigError([{ path: `transaction.${option}`, rule, found }])
}
