import { type GoodRead, isGoodRead, isWrite, type Operation, type Versioned, valuesSeen } from '../operation.js'

/** What an operation, once it has ended, owes to reads that begin later: they show no less. */
interface Debt {
  readonly operation: Operation
  /** Of a register: this version or a later one. */
  readonly version: number
  /** Of a list: all of these. */
  readonly values: readonly number[]
}

/** A read, and the operations of which it should have shown what it does not. */
export interface Shortfall {
  readonly read: GoodRead
  readonly missed: readonly Operation[]
}

/**
 * Every read of one object that shows less than was owed to it: what had ended more than `boundMs` before it began.
 *
 * @param owing a write owes itself, a read all that it showed.
 */
export function shortfalls(
  ofOneObject: readonly Operation[],
  owing: (it: Operation) => boolean,
  boundMs = 0,
): readonly Shortfall[] {
  const debts = ofOneObject
    .filter(owing)
    .sort((a, b) => a.endMs - b.endMs)
    .map(debtOf)
  const owed = ofOneObject[0]?.object.startsWith('list') ? debts : newest(debts)
  return ofOneObject.filter(isGoodRead).flatMap((read) => {
    const due = countBefore(owed, read.beginMs - boundMs)
    const from = read.kind === 'read-list' ? 0 : Math.max(0, due - 1)
    const missed = owed.slice(from, due).filter((debt) => !isPaid(debt, read))
    return missed.length === 0 ? [] : [{ read, missed: missed.map((it) => it.operation) }]
  })
}

function debtOf(operation: Operation): Debt {
  if (isGoodRead(operation)) {
    const version = operation.kind === 'read-register' ? (operation.seen as Versioned).version : 0
    return { operation, version, values: valuesSeen(operation) }
  }
  if (operation.kind === 'append') return { operation, version: 0, values: [operation.value] }
  return { operation, version: operation.kind === 'write-register' ? (operation.version ?? 0) : 0, values: [] }
}

/** Whoever pays the newest version of a register pays those before: the rest need not be looked at. */
function newest(debts: readonly Debt[]): readonly Debt[] {
  const kept: Debt[] = []
  for (const debt of debts) if (debt.version > (kept.at(-1)?.version ?? 0)) kept.push(debt)
  return kept
}

function isPaid(debt: Debt, read: GoodRead): boolean {
  if (read.kind === 'read-register') return (read.seen as Versioned).version >= debt.version
  const seen = valuesSeen(read)
  return debt.values.every((value) => seen.includes(value))
}

/** How many ended before this time. By halves: one register of a long run has a hundred thousand. */
function countBefore(sorted: readonly Debt[], timeMs: number): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] as Debt).operation.endMs < timeMs) low = middle + 1
    else high = middle
  }
  return low
}

export function isAcknowledged(it: Operation): boolean {
  return isWrite(it) && it.outcome === 'ok'
}

export function grouped<T, Key>(from: readonly T[], by: (it: T) => Key): ReadonlyMap<Key, readonly T[]> {
  const groups = new Map<Key, T[]>()
  for (const it of from) {
    const group = groups.get(by(it))
    if (group === undefined) groups.set(by(it), [it])
    else group.push(it)
  }
  return groups
}
