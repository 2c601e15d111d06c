import { cpus } from 'node:os'
import { classificationCache } from '../src/dialect/postgresql/classification-cache.js'
import { classify } from '../src/dialect/postgresql/classify.js'
import { texts } from './classify-texts.js'

/*
 * What classification costs, by size of text: without the cache, with it, and beside PostgreSQL's own parser in
 * WebAssembly and a lexer that only cuts words. Run: `node --import tsx bench/classify.ts [--json]`.
 */

const ROUNDS = 15
const ROUND_MS = 20

interface Measured {
  readonly text: string
  readonly bytes: number
  readonly medianNs: Readonly<Record<string, number>>
}

type Run = (text: string) => unknown

const { loadModule, parseSync } = await import('libpg-query')
await loadModule()

const cache = classificationCache({ maxTexts: 1000, classify })
const subjects: Readonly<Record<string, Run>> = {
  classify: (text) => classify(text),
  cached: (text) => cache.classify(text),
  'words only': countWords,
  'libpg-query': (text) => parseSync(text),
}

const measured = texts().map(({ name, text }) => measure(name, text))
const machine = { node: process.version, cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length }
if (process.argv.includes('--json')) console.log(JSON.stringify({ machine, rounds: ROUNDS, measured }))
else print(measured)

/** Rounds of all subjects in turn, so that what disturbs the machine disturbs all of them alike. */
function measure(name: string, text: string): Measured {
  const rounds = new Map(Object.keys(subjects).map((subject) => [subject, [] as number[]]))
  for (let round = 0; round < ROUNDS; round++) {
    for (const [subject, run] of Object.entries(subjects)) rounds.get(subject)?.push(timeOf(run, text))
  }
  const medianNs = Object.fromEntries([...rounds].map(([subject, times]) => [subject, median(times)]))
  return { text: name, bytes: Buffer.byteLength(text), medianNs }
}

/** Nanoseconds for one call, over as many as fit into a round. */
function timeOf(run: Run, text: string): number {
  let calls = 0
  const batch = Math.max(1, Math.ceil(20_000 / text.length))
  const start = process.hrtime.bigint()
  const until = start + BigInt(ROUND_MS * 1e6)
  let now = start
  for (; now < until; now = process.hrtime.bigint()) {
    for (let call = 0; call < batch; call++) run(text)
    calls += batch
  }
  return Number(now - start) / calls
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return Math.round(sorted[sorted.length >> 1] as number)
}

/** The least a classifier must do: look at each character once and find the words. A yardstick for the machine. */
function countWords(text: string): number {
  let words = 0
  let hash = 0
  let isInWord = false
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    const isLetter = (code | 32) >= 97 && (code | 32) <= 122
    if (isLetter) hash = (Math.imul(hash, 31) + code) | 0
    else if (isInWord) words++
    isInWord = isLetter
  }
  return words + hash
}

function print(rows: readonly Measured[]): void {
  console.log(`median of ${ROUNDS} rounds, nanoseconds for one text; ${machine.cpu}, Node ${machine.node}`)
  const columns = Object.keys(subjects)
  console.log(['text', 'bytes', ...columns].map((it, at) => (at === 0 ? it.padEnd(24) : it.padStart(12))).join(''))
  for (const { text, bytes, medianNs } of rows) {
    const cells = [bytes, ...columns.map((it) => medianNs[it])]
    console.log(text.padEnd(24) + cells.map((it) => String(it).padStart(12)).join(''))
  }
}
