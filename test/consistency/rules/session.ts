import { isGoodRead, type Operation } from '../operation.js'
import type { Rule, Violation } from '../violation.js'
import { grouped, isAcknowledged, type Shortfall, shortfalls } from './owed.js'

/**
 * Read your writes: a read shows every write of its session that had been acknowledged before the read began, whichever
 * branch of the session wrote it.
 *
 * Of a register: its version or a later one. Of a list: the element.
 */
export function readYourWrites(operations: readonly Operation[]): readonly Violation[] {
  return perSessionAndObject(operations)
    .flatMap((group) => shortfalls(group, isAcknowledged))
    .map((it) => violation('read-your-writes', it, 'acknowledged in the session before'))
}

/**
 * Monotonic reads: a read shows all that any read of its session had shown that ended before it began, so that whatever
 * was once seen stays seen, writes of unknown outcome and those of other sessions included.
 */
export function monotonicReads(operations: readonly Operation[]): readonly Violation[] {
  return perSessionAndObject(operations)
    .flatMap((group) => shortfalls(group, isGoodRead))
    .map((it) => violation('monotonic-reads', it, 'which the session had read before'))
}

/**
 * Fresh within `boundMs`: a read shows every write of whatever session that had been acknowledged so long before the
 * read began. With 0 this is what `strong` promises.
 */
export function freshWithin(operations: readonly Operation[], boundMs: number): readonly Violation[] {
  return [...grouped(operations, (it) => it.object).values()]
    .flatMap((group) => shortfalls(group, isAcknowledged, boundMs))
    .map((it) => violation('too-stale', it, `acknowledged more than ${boundMs} ms before`))
}

function perSessionAndObject(operations: readonly Operation[]): readonly (readonly Operation[])[] {
  const sessions = [...grouped(operations, (it) => it.session).values()]
  return sessions.flatMap((session) => [...grouped(session, (it) => it.object).values()])
}

function violation(rule: Rule, { read, missed }: Shortfall, why: string): Violation {
  const names = missed.slice(0, MOST_NAMED).map((it) => `#${it.id}`)
  const more = missed.length > MOST_NAMED ? ` and ${missed.length - MOST_NAMED} more` : ''
  const what = `#${read.id} shows less than ${names.join(', ')}${more}, ${why}`
  return { rule, what, operation: read, because: missed }
}

const MOST_NAMED = 5
