/** No node stays out longer than this without being asked again. */
const LONGEST_MS = 60_000

/**
 * How long a node stays out after so many failures in a row: doubling, up to a minute, and up to a quarter more or less,
 * so that many processes do not all come back at one moment.
 *
 * @param random in [0, 1).
 */
export function nextEjectMs(baseMs: number, failures: number, random: () => number): number {
  const ms = Math.min(baseMs * 2 ** Math.min(failures - 1, 20), Math.max(LONGEST_MS, baseMs))
  return ms * (0.75 + random() / 2)
}
