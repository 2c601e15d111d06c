import {
  type FinalState,
  type GoodRead,
  type History,
  isGoodRead,
  isWrite,
  type ObjectName,
  type Operation,
  type Versioned,
  valuesSeen,
  type Write,
} from '../operation.js'
import type { Violation } from '../violation.js'

/**
 * Every value that a read shows was written to that object by a write that had begun before the read ended, and a
 * register shows it under the version that its server gave it.
 */
export function onlyWrittenValues({ operations }: History): readonly Violation[] {
  const writes = writesByValue(operations)
  return operations.filter(isGoodRead).flatMap((read) =>
    valuesSeen(read).flatMap((value) => {
      const write = writes.get(value)
      const why = whyNotFrom(write, read)
      if (why === undefined) return []
      const because = write === undefined ? [] : [write]
      return [
        { rule: 'unwritten-value' as const, what: `#${read.id} shows ${value}, ${why}`, operation: read, because },
      ]
    }),
  )
}

function whyNotFrom(write: Write | undefined, read: GoodRead): string | undefined {
  if (write === undefined) return 'which nobody wrote'
  if (write.object !== read.object) return `which was written to ${write.object}`
  if (write.beginMs > read.endMs) return 'which was written later'
  if (write.kind === 'append' || write.version === undefined) return undefined
  const { version } = read.seen as Versioned
  return version === write.version ? undefined : `as version ${version}; it was given ${write.version}`
}

/** A write that was reported not to have happened is never seen: whoever trusts the report writes it again. */
export function undoneStaysUnseen({ operations, final }: History): readonly Violation[] {
  const failed = new Map([...writesByValue(operations)].filter(([, it]) => it.outcome === 'failed'))
  const among = (values: readonly number[]) => values.flatMap((value) => failed.get(value) ?? [])
  const violation = (who: string, operation: Operation | undefined, because: readonly Write[]): Violation[] => {
    const what = `${who} ${because.map((it) => `#${it.id}`).join(', ')}, reported as not done`
    return because.length === 0 ? [] : [{ rule: 'undone-write-seen', what, operation, because }]
  }
  return [
    ...operations.filter(isGoodRead).flatMap((read) => violation(`#${read.id} shows`, read, among(valuesSeen(read)))),
    ...[...storedIn(final)].flatMap(([object, values]) => violation(`${object} holds`, undefined, among(values))),
  ]
}

/** No write happens twice: no list shows or holds an element twice, and no value was given two versions. */
export function executedOnce({ operations, final }: History): readonly Violation[] {
  const writes = writesByValue(operations)
  const violations = (who: string, operation: Operation | undefined, values: readonly number[]): Violation[] =>
    repeated(values).map((value) => {
      const because = [writes.get(value) ?? []].flat()
      return { rule: 'executed-twice', what: `${who} ${value} twice`, operation, because }
    })
  return [
    ...operations.filter(isGoodRead).flatMap((read) => violations(`#${read.id} shows`, read, valuesSeen(read))),
    ...[...storedIn(final)].flatMap(([object, values]) => violations(`${object} holds`, undefined, values)),
  ]
}

function repeated(values: readonly number[]): readonly number[] {
  if (new Set(values).size === values.length) return []
  const once = new Set<number>()
  return values.filter((value) => {
    const isAgain = once.has(value)
    once.add(value)
    return isAgain
  })
}

/** The values that the primary holds at the end; of registers, all that they ever held. */
export function storedIn(final: FinalState): ReadonlyMap<ObjectName, readonly number[]> {
  const registers = [...final.registers].map(([name, all]) => [name, all.map((it) => it.value)] as const)
  return new Map([...registers, ...final.lists])
}

export function writesByValue(operations: readonly Operation[]): ReadonlyMap<number, Write> {
  return new Map(operations.filter(isWrite).map((write) => [write.value, write]))
}
