import { type History, isGoodRead, isWrite, valuesSeen, type Write } from '../operation.js'
import type { Violation } from '../violation.js'
import { storedIn, writesByValue } from './values.js'

/**
 * No acknowledged write is lost: at the end the primary holds every element, and every version of a register under the
 * number and with the value that was acknowledged.
 *
 * Promised while the primary survives, and with a synchronous standby after a promotion too.
 */
export function nothingAcknowledgedIsLost({ operations, final }: History): readonly Violation[] {
  const kept = keptValues({ operations, final })
  const versions = new Map(
    [...final.registers].flatMap(([object, all]) => all.map((it) => [`${object} ${it.value}`, it.version] as const)),
  )
  const whyLost = (write: Write): string | undefined => {
    if (!kept.has(`${write.object} ${write.value}`)) return 'is not there at the end'
    const version = versions.get(`${write.object} ${write.value}`)
    if (write.kind === 'append' || version === write.version) return undefined
    return `was acknowledged as version ${write.version} and is there as ${version}`
  }
  return operations.filter(isWrite).flatMap((write) => {
    const why = write.outcome === 'ok' ? whyLost(write) : undefined
    if (why === undefined) return []
    return [{ rule: 'lost-write' as const, what: `#${write.id} ${why}`, operation: write, because: [] }]
  })
}

/** What anybody has read is there at the end, whatever its writer was told. One violation for each value. */
export function nothingSeenVanishes({ operations, final }: History): readonly Violation[] {
  const kept = keptValues({ operations, final })
  const writes = writesByValue(operations)
  const gone = new Map<string, Violation>()
  for (const read of operations.filter(isGoodRead)) {
    for (const value of valuesSeen(read)) {
      const key = `${read.object} ${value}`
      if (kept.has(key) || gone.has(key)) continue
      const because = [writes.get(value) ?? []].flat()
      const what = `#${read.id} shows ${value}, which is not there at the end`
      gone.set(key, { rule: 'vanished-value', what, operation: read, because })
    }
  }
  return [...gone.values()]
}

function keptValues({ final }: History): ReadonlySet<string> {
  return new Set([...storedIn(final)].flatMap(([object, values]) => values.map((it) => `${object} ${it}`)))
}
