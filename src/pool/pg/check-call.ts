import { ConfigError } from '../../base/errors.js'
import { markOutcome } from '../../base/outcome.js'
import type { Classification } from '../../model/intent.js'
import { isConsistency } from '../../routing/consistency-level.js'
import type { PgCall } from './call.js'

/**
 * Refuses what a call cannot mean, before anything is sent.
 *
 * @throws {ConfigError} naming the option, the rule and what was found.
 */
export function checkCall({ route, consistency, retry }: PgCall): void {
  if (retry !== undefined && retry !== 'idempotent') refuse('query.retry', "must be 'idempotent', or left out", retry)
  if (route !== undefined && route !== 'primary' && route !== 'replica' && !isNamed(route)) {
    refuse('query.route', "must be 'primary', 'replica' or { node: 'its name' }", route)
  }
  if (consistency !== undefined && !isConsistency(consistency)) {
    refuse('query.consistency', "must be 'eventual', 'session', 'strong', or { maxLagMs, maxLagBytes }", consistency)
  }
}

function isNamed(route: unknown): boolean {
  const node = (route as { node?: unknown } | null)?.node
  return typeof node === 'string' && node !== ''
}

function refuse(path: string, rule: string, value: unknown): never {
  throw new ConfigError([{ path, rule, found: typeof value === 'string' ? `'${value}'` : typeof value }])
}

/** `pool.transaction` begins and ends its transaction, and nobody else. */
export function refuseEnd({ effects }: Classification): void {
  if (!effects.some((it) => it.kind === 'begin' || it.kind === 'commit' || it.kind === 'rollback')) return
  const why =
    'pool.transaction() begins and ends the transaction: return from the function to commit, throw to roll back'
  throw markOutcome(new Error(why), 'not-sent')
}
