/** Of the known names, the one that was probably meant: at most one slip for each three letters. */
export function didYouMean(unknown: string, known: readonly string[]): string | undefined {
  let best: string | undefined
  let bestSlips = Math.max(1, Math.floor(unknown.length / 3)) + 1
  for (const name of known) {
    const slips = editDistance(unknown.toLowerCase(), name.toLowerCase())
    if (slips >= bestSlips) continue
    best = name
    bestSlips = slips
  }
  return best
}

/** Letters put in, taken out, changed, or swapped with their neighbour. */
export function editDistance(one: string, other: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: other.length + 1 }, (_, i) => i)
  for (let i = 1; i <= one.length; i++) {
    const row = [i]
    for (let j = 1; j <= other.length; j++) {
      const changed = at(last, j - 1) + (one[i - 1] === other[j - 1] ? 0 : 1)
      const isSwap = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]
      const swapped = isSwap ? at(beforeLast, j - 2) + 1 : Number.POSITIVE_INFINITY
      row.push(Math.min(changed, swapped, at(last, j) + 1, at(row, j - 1) + 1))
    }
    beforeLast = last
    last = row
  }
  return at(last, other.length)
}

function at(row: readonly number[], index: number): number {
  return row[index] as number
}
