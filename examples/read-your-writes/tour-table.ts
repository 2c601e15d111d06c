import { LATER_MS, type Row } from './tour.js'

const COLUMNS: readonly (readonly [title: string, width: number, cell: (row: Row) => string])[] = [
  ['mode', 10, ({ mode }) => mode],
  ['lag', 10, ({ lagMs }) => `${lagMs} ms`],
  ['saw a stale page', 19, ({ stale, pairs }) => `${stale} of ${pairs}`],
  ['at once', 10, ({ staleAtOnce }) => String(staleAtOnce)],
  [`${LATER_MS / 1000} s later`, 13, ({ staleLater }) => String(staleLater)],
  ['reads on replicas', 17, ({ readsOnReplicas, reads }) => `${readsOnReplicas} of ${reads}`],
]

export const HEADING = lineOf(([title]) => title)

export function lineOfRow(row: Row): string {
  return lineOf(([, , cell]) => cell(row))
}

function lineOf(text: (column: (typeof COLUMNS)[number]) => string): string {
  return COLUMNS.map((column) => text(column).padEnd(column[1]))
    .join('')
    .trimEnd()
}
