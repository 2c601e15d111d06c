import type { Judgement } from '../../replication/postgresql/operations/judge.js'
import type { Survey } from '../../replication/postgresql/operations/survey.js'
import { type Row, rowsOf } from './rows.js'

const COLUMNS: readonly (readonly [title: string, cell: (row: Row) => string | undefined])[] = [
  ['NODE', (row) => row.node],
  ['ADDRESS', (row) => (row.port === undefined ? undefined : `${row.host}:${row.port}`)],
  ['ROLE', (row) => row.role],
  ['STATE', (row) => row.state],
  ['VERSION', (row) => row.version],
  ['TL', (row) => row.timeline?.toString()],
  ['LSN', (row) => row.lsn],
  ['LAG', (row) => lagText(row)],
  ['WAL KEPT', (row) => (row.keptBytes === undefined ? undefined : bytesText(row.keptBytes))],
  ['SLOT', (row) => row.slot],
  ['CLIENTS', (row) => row.clients?.toString()],
  ['FOLLOWS', (row) => (row.follows === undefined ? undefined : `${row.follows}${syncText(row.sync)}`)],
]
const BARS = '▁▂▃▄▅▆▇█'

export function statusText(survey: Survey, judgement: Judgement): string {
  const rows = [
    COLUMNS.map(([title]) => title),
    ...rowsOf(survey, judgement).map((row) => COLUMNS.map(([, cell]) => cell(row) ?? '-')),
  ]
  const widths = COLUMNS.map((_, at) => Math.max(...rows.map((row) => (row[at] as string).length)))
  const table = rows
    .map(
      (row) =>
        `${row
          .map((cell, at) => cell.padEnd(widths[at] as number))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('')
  const problems = judgement.problems.map((it) => `  ${it}\n`).join('')
  return `${table}\n${judgement.health}\n${problems}`
}

/** A standby's lag of the last minute, each line to its own scale. */
export function historyText(lags: ReadonlyMap<string, readonly (number | undefined)[]>): string {
  const lines = [...lags].map(([name, its]) => {
    const most = Math.max(1, ...its.map((it) => it ?? 0))
    const bars = its.map((it) => (it === undefined ? ' ' : BARS[Math.floor((it / most) * (BARS.length - 1))])).join('')
    return `${name}  ${bars}  at most ${bytesText(most === 1 ? 0 : most)}\n`
  })
  return lines.length === 0
    ? ''
    : `\nlag of the last ${Math.max(...[...lags.values()].map((it) => it.length))} s\n${lines.join('')}`
}

function lagText({ lagBytes, lagMs }: Row): string | undefined {
  if (lagBytes === undefined) return undefined
  return lagBytes === 0 || lagMs === undefined ? bytesText(lagBytes) : `${bytesText(lagBytes)}, ${Math.ceil(lagMs)} ms`
}

function syncText(sync: string | undefined): string {
  return sync === undefined || sync === 'async' ? '' : ` (${sync})`
}

export function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10))
  const number = bytes / 1024 ** power
  return `${power === 0 ? number : number.toFixed(number < 10 ? 1 : 0)} ${units[power]}`
}
