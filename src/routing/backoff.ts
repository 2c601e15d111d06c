/** However often a node has failed, it is asked again after this, or after its own first wait if that is longer. */
const LONGEST_MS = 60_000

/** More doublings than it takes from a millisecond to any timer's limit. */
const MOST_DOUBLINGS = 31

/**
 * How long a node stays out after so many failures in a row.
 *
 * Drawn evenly between the first wait and a limit that doubles with each failure, up to a minute: the first wait is
 * what the configuration says, to the millisecond, and no later one is shorter; but processes that lost a node at one
 * moment do not all come back to it at another.
 *
 * @param baseMs the first wait: the node's `ejectMs`.
 * @param failures at least 1.
 * @param random in [0, 1).
 */
export function nextEjectMs(baseMs: number, failures: number, random: () => number): number {
  const doubled = baseMs * 2 ** Math.min(failures - 1, MOST_DOUBLINGS)
  const limitMs = Math.min(doubled, Math.max(LONGEST_MS, baseMs))
  return baseMs + random() * (limitMs - baseMs)
}
