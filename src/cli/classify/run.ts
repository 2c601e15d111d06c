import { classify } from '../../dialect/postgresql/classify.js'
import { resolve } from '../../dialect/postgresql/resolve.js'
import type { NameLists } from '../../model/dialect.js'
import type { Classification } from '../../model/intent.js'
import { MIGRATION_TABLES } from '../../routing/migration-tables.js'
import { jsonLine, oneLine, textLine } from './format.js'
import { readTexts, type Texts } from './input.js'
import type { Row } from './row.js'
import { Summary } from './summary.js'

export interface ClassifyOptions {
  /** One JSON object for each line of output. */
  readonly json: boolean
  /** Each line of the input is a JSON string: one text, which may hold several statements. */
  readonly jsonl: boolean
  /** Only totals. */
  readonly summary: boolean
  readonly standardConformingStrings: boolean
  /** Lower-cased. */
  readonly readFunctions: readonly string[]
  readonly writeFunctions: readonly string[]
  readonly primaryTables: readonly string[]
}

/** Where the command reads and writes. Handed in, so that a test needs no process. */
export interface Streams {
  readonly input: AsyncIterable<string>
  /** Resolves when more may be written. */
  readonly out: { write(text: string): Promise<void> }
  readonly err: { write(text: string): unknown }
  /** Told how many texts have been read, from time to time. */
  readonly progress?: (count: number) => void
}

/** 0: everything was classified. 1: the input is not what it was said to be. */
export type ExitCode = 0 | 1

/** Rows are collected up to this many characters before they are written. */
const BATCH = 65_536
const PROGRESS_EVERY = 10_000

/** Classifies text after text, or totals them. Holds no more than one statement and one batch of output. */
export async function runClassify(options: ClassifyOptions, streams: Streams): Promise<ExitCode> {
  const lists = listsOf(options)
  const summary = options.summary ? new Summary() : undefined
  const texts = readTexts(streams.input, options.jsonl)
  let batch = ''
  let count = 0
  for await (const item of texts) {
    if (item.kind === 'problem') return fail(streams, batch, item)
    if (item.kind === 'skipped') {
      streams.err.write(`sluice classify: line ${item.line}: skipped ${oneLine(firstLine(item.text))}\n`)
      continue
    }
    const row = rowOf(item.text, resolve(classify(item.text, options), undefined, lists))
    if (summary === undefined) batch += options.json ? jsonLine(row) : textLine(row)
    else summary.add(row)
    if (batch.length >= BATCH) {
      await streams.out.write(batch)
      batch = ''
    }
    if (++count % PROGRESS_EVERY === 0) streams.progress?.(count)
  }
  await streams.out.write(batch + (summary?.print(options.json) ?? ''))
  return 0
}

/** What was classified before the problem is printed all the same; a summary of a part would mislead. */
async function fail(streams: Streams, batch: string, problem: Texts & { kind: 'problem' }): Promise<ExitCode> {
  await streams.out.write(batch)
  streams.err.write(`sluice classify: line ${problem.line} ${problem.text}\n`)
  return 1
}

/** A hint in the text decides the route; what the text needs by itself stays visible as its intent. */
function rowOf(sql: string, found: Classification): Row {
  const { intent, at, hint } = found
  if (hint === undefined) {
    const { route, reason, detail } = found
    return { sql, intent, route, reason, ...(detail === undefined ? {} : { detail }), at }
  }
  if (hint.to === 'node') return { sql, intent, route: found.route, reason: 'hint', detail: `node=${hint.node}`, at: 0 }
  return { sql, intent, route: hint.to, reason: 'hint', detail: hint.to, at: 0 }
}

function listsOf(options: ClassifyOptions): NameLists {
  return {
    readFunctions: new Set(options.readFunctions),
    writeFunctions: new Set(options.writeFunctions),
    primaryTables: new Set([...MIGRATION_TABLES, ...options.primaryTables]),
  }
}

function firstLine(text: string): string {
  const end = text.indexOf('\n')
  return end < 0 ? text : text.slice(0, end)
}
