import { cpus } from 'node:os'

export const machine = { node: process.version, cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length }

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

/**
 * Medians of several subjects, measured round by round in turn, so that what disturbs the machine disturbs all alike.
 *
 * @param round runs one subject for a while. @returns what one operation took.
 */
export async function inTurn<Name extends string>(
  names: readonly Name[],
  rounds: number,
  round: (name: Name) => Promise<number> | number,
): Promise<Record<Name, { readonly median: number; readonly all: readonly number[] }>> {
  const all = new Map<Name, number[]>(names.map((name) => [name, []]))
  for (const name of names) await round(name)
  for (let n = 0; n < rounds; n++) {
    const order = n % 2 === 0 ? names : [...names].reverse()
    for (const name of order) all.get(name)?.push(await round(name))
  }
  const results = {} as Record<Name, { readonly median: number; readonly all: readonly number[] }>
  for (const [name, values] of all) {
    results[name] = { median: median(values), all: values.map((it) => Number(it.toPrecision(4))) }
  }
  return results
}
