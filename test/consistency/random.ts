/** A stream of numbers in [0, 1) that is the same for the same seed, and what is drawn from it. */
export interface Random {
  next(): number
  /** A whole number from `least` to `most`, both included. */
  whole(least: number, most: number): number
  pick<T>(from: readonly T[]): T
  /** True this often, of 1. */
  chance(share: number): boolean
}

/**
 * A stream of its own for each purpose: what one draws does not shift what another gets, in whatever order they run.
 *
 * @param purpose such as `session 12`.
 */
export function randomFor(seed: number, purpose: string): Random {
  let state = mixed(seed, purpose)
  const next = () => {
    // Mulberry32: 32 bits of state are plenty for a test, and every operation is exact on every machine.
    state = (state + 0x6d2b79f5) | 0
    let bits = Math.imul(state ^ (state >>> 15), 1 | state)
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32
  }
  const whole = (least: number, most: number) => least + Math.floor(next() * (most - least + 1))
  return {
    next,
    whole,
    pick: (from) => from[whole(0, from.length - 1)] as (typeof from)[number],
    chance: (share) => next() < share,
  }
}

/** FNV-1a over the text, begun with the seed. */
function mixed(seed: number, text: string): number {
  let hash = (0x811c9dc5 ^ seed) | 0
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash
}
