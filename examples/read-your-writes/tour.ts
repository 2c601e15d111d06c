import { setTimeout as pause } from 'node:timers/promises'
import { LAGS, type LagMs, MODES, type Mode } from './modes.js'
import { type Page, Reader } from './reader.js'

/** A reader looks again after so long: past the timer, and before the greatest lag is over. */
export const LATER_MS = 1500

export interface TourOptions {
  readonly url: string
  /** Readers at once: each edits, looks, and looks again. */
  readonly pairs: number
  readonly signal: AbortSignal
  /** Told of each row as it is done. */
  readonly onRow: (row: Row) => void
}

/** What readers saw in one mode under one lag. */
export interface Row {
  readonly mode: Mode
  readonly lagMs: LagMs
  readonly pairs: number
  /** Of the pairs, those with a stale page: at once or later. */
  readonly stale: number
  readonly staleAtOnce: number
  readonly staleLater: number
  readonly reads: number
  /** Of the reads, those that left the primary. */
  readonly readsOnReplicas: number
}

/** Every mode under every lag, over HTTP. */
export async function tour(options: TourOptions): Promise<readonly Row[]> {
  const rows: Row[] = []
  for (const mode of MODES) {
    for (const lagMs of LAGS) {
      const row = await rowOf(mode, lagMs, options)
      options.onRow(row)
      rows.push(row)
    }
  }
  return rows
}

/** What the tour shows is only worth something if it would show a stale page. @returns what is wrong; empty: nothing. */
export function complaintsOf(rows: readonly Row[]): readonly string[] {
  return rows.flatMap(({ mode, lagMs, stale }) => {
    if (mode === 'session' && stale > 0) return [`session showed ${stale} stale pages at ${lagMs} ms`]
    if (mode === 'eventual' && lagMs === 2000 && stale === 0) return ['eventual showed no stale page at 2000 ms']
    return []
  })
}

async function rowOf(mode: Mode, lagMs: LagMs, { url, pairs, signal }: TourOptions): Promise<Row> {
  await new Reader(url, signal).send('/lag', { mode, ms: String(lagMs) })
  const seen = await visits(mode, pairs, () => new Reader(url, signal), signal)
  const readOn = seen.flat().flatMap((page) => page.readOn)
  return {
    mode,
    lagMs,
    pairs,
    stale: seen.filter((pages) => pages.some((page) => page.isStale)).length,
    staleAtOnce: seen.filter(([atOnce]) => atOnce.isStale).length,
    staleLater: seen.filter(([, later]) => later.isStale).length,
    reads: readOn.length,
    readsOnReplicas: readOn.filter((role) => role === 'replica').length,
  }
}

/** They edit one after the other, so that none waits for another between their edit and their look. */
async function visits(mode: Mode, pairs: number, newReader: () => Reader, signal: AbortSignal) {
  const looks: Promise<readonly [Page, Page]>[] = []
  for (let n = 0; n < pairs; n++) {
    const reader = newReader()
    const atOnce = await reader.send('/note', { mode, body: `note ${n} of ${pairs}` })
    looks.push(lookAgain(reader, atOnce, signal))
  }
  return Promise.all(looks)
}

async function lookAgain(reader: Reader, atOnce: Page, signal: AbortSignal): Promise<readonly [Page, Page]> {
  await pause(LATER_MS, undefined, { signal })
  return [atOnce, await reader.look(atOnce.path)]
}
