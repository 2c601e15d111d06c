import { classify } from '../../dialect/postgresql/classify.js'
import { REASONS, type ReasonCode } from '../../dialect/postgresql/reasons.js'
import { resolve } from '../../dialect/postgresql/resolve.js'
import { splitStatements } from '../../dialect/postgresql/split.js'
import type { Classification } from '../../model/intent.js'

export interface ClassifyOptions {
  readonly json: boolean
  /** Each line of the input is a JSON string: one statement. */
  readonly jsonl: boolean
  readonly summary: boolean
  readonly readFunctions: readonly string[]
  readonly writeFunctions: readonly string[]
}

/** Where the command reads and writes. Handed in, so that a test needs no process. */
export interface Streams {
  readonly input: AsyncIterable<string | Buffer>
  readonly out: { write(text: string): unknown }
  readonly err: { write(text: string): unknown }
}

/** 0: every statement was classified. 1: the input could not be read as announced. */
export type ExitCode = 0 | 1

/** What is found of one statement, as `--json` prints it. */
export interface Row {
  readonly sql: string
  readonly intent: Classification['intent']
  /** `all`: must reach every connection of the session. */
  readonly route: Classification['route']
  readonly reason: string
  readonly detail?: string
  /** Offset of the deciding token, in UTF-16 units. */
  readonly at: number
}

/** Classifies statement after statement, or totals them. */
export async function runClassify(options: ClassifyOptions, streams: Streams): Promise<ExitCode> {
  const totals = new Map<string, { row: Row; count: number }>()
  const take = (sql: string) => {
    const row = classifyRow(sql, options)
    if (!options.summary) return void streams.out.write(options.json ? `${JSON.stringify(row)}\n` : lineOf(row))
    const key = `${row.route} ${row.reason}`
    const total = totals.get(key)
    if (total === undefined) totals.set(key, { row, count: 1 })
    else total.count++
  }
  const failure = options.jsonl ? await readLines(streams.input, take) : await readScript(streams.input, take)
  if (options.summary) streams.out.write(summaryOf([...totals.values()], options.json))
  if (failure === undefined) return 0
  streams.err.write(`sluice classify: ${failure}\n`)
  return 1
}

function classifyRow(sql: string, options: ClassifyOptions): Row {
  const lists = { readFunctions: new Set(options.readFunctions), writeFunctions: new Set(options.writeFunctions) }
  const found = resolve(classify(sql), undefined, lists)
  const route = found.hint === undefined ? found.route : found.hint.to === 'primary' ? 'primary' : 'replica'
  const reason = found.hint === undefined ? found.reason : 'hint'
  const detail = found.hint?.to === 'node' ? found.hint.node : found.detail
  return { sql, intent: found.intent, route, reason, ...(detail === undefined ? {} : { detail }), at: found.at }
}

async function readScript(input: Streams['input'], take: (sql: string) => void): Promise<undefined> {
  let script = ''
  for await (const chunk of input) script += chunk
  for (const { text } of splitStatements(withoutPsqlCommands(script))) take(text)
}

/** Lines of `psql`'s own, such as `\connect`, are not SQL. They become blank lines, so that line numbers stay. */
function withoutPsqlCommands(script: string): string {
  if (!script.startsWith('\\') && !script.includes('\n\\')) return script
  return script
    .split('\n')
    .map((line) => (line.startsWith('\\') ? '' : line))
    .join('\n')
}

async function readLines(input: Streams['input'], take: (sql: string) => void): Promise<string | undefined> {
  let rest = ''
  let number = 0
  for await (const chunk of input) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const failure = takeLine(line, ++number, take)
      if (failure !== undefined) return failure
    }
  }
  return takeLine(rest, number + 1, take)
}

function takeLine(line: string, number: number, take: (sql: string) => void): string | undefined {
  if (line.trim() === '') return undefined
  try {
    const sql: unknown = JSON.parse(line)
    if (typeof sql !== 'string') return `line ${number} must be a JSON string, found ${typeof sql}`
    take(sql)
    return undefined
  } catch (error) {
    return `line ${number} is not JSON: ${(error as Error).message}`
  }
}

const LONGEST_SHOWN = 70

function lineOf({ route, intent, reason, detail, sql }: Row): string {
  const oneLine = sql.split(/\s+/).join(' ')
  const shown = oneLine.length > LONGEST_SHOWN ? `${oneLine.slice(0, LONGEST_SHOWN - 1)}…` : oneLine
  const why = detail === undefined ? reason : `${reason} (${detail})`
  return `${route.padEnd(8)}${intent.padEnd(8)}${why.padEnd(36)} ${shown}\n`
}

function summaryOf(totals: readonly { row: Row; count: number }[], json: boolean): string {
  const all = totals.reduce((sum, it) => sum + it.count, 0)
  const rows = [...totals].sort((a, b) => b.count - a.count)
  const shares = rows.map(({ row, count }) => ({ route: row.route, reason: row.reason, count, share: count / all }))
  if (json) return `${JSON.stringify({ statements: all, rows: shares })}\n`
  const lines = shares.map(({ route, reason, count, share }) => {
    const meaning = REASONS[reason as ReasonCode] ?? 'asked for by a comment'
    return `${String(count).padStart(9)} ${`${(share * 100).toFixed(1)}%`.padStart(7)}  ${route.padEnd(8)} ${reason.padEnd(24)} ${meaning}\n`
  })
  const away = shares.filter((it) => it.route === 'replica').reduce((sum, it) => sum + it.share, 0)
  return `${lines.join('')}${String(all).padStart(9)} statements; ${((away || 0) * 100).toFixed(1)}% may leave the primary\n`
}
