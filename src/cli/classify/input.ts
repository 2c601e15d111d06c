import { ScriptReader } from './script-reader.js'

/** One text of the input, or what was not one. Lines are counted from 1. */
export type Texts =
  | { readonly kind: 'statement' | 'skipped'; readonly text: string; readonly line: number }
  /** The input is not what it was said to be, and is read no further. */
  | { readonly kind: 'problem'; readonly text: string; readonly line: number }

/** @param isJsonLines each line is a JSON string; otherwise the input is a script. */
export function readTexts(input: AsyncIterable<string>, isJsonLines: boolean): AsyncGenerator<Texts> {
  return isJsonLines ? readJsonLines(input) : readScript(input)
}

async function* readScript(input: AsyncIterable<string>): AsyncGenerator<Texts> {
  const reader = new ScriptReader()
  for await (const chunk of input) yield* reader.read(chunk)
  yield* reader.end()
}

async function* readJsonLines(input: AsyncIterable<string>): AsyncGenerator<Texts> {
  let line = 0
  for await (const text of linesOf(input)) {
    line++
    if (text.trim() === '') continue
    const item = readJsonLine(text, line)
    yield item
    if (item.kind === 'problem') return
  }
}

function readJsonLine(text: string, line: number): Texts {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'string') return { kind: 'statement', text: value, line }
    return { kind: 'problem', text: `is not a JSON string but ${kindOf(value)}`, line }
  } catch (error) {
    return { kind: 'problem', text: `is not JSON: ${(error as Error).message}`, line }
  }
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'an array' : `a value of type ${typeof value}`
}

/** Pieces of a line are joined once, when it is complete: a long line costs no more than a short one. */
async function* linesOf(input: AsyncIterable<string>): AsyncGenerator<string> {
  let pieces: string[] = []
  for await (const chunk of input) {
    let from = 0
    for (let end = chunk.indexOf('\n'); end >= 0; end = chunk.indexOf('\n', from)) {
      pieces.push(chunk.slice(from, end))
      yield pieces.join('')
      pieces = []
      from = end + 1
    }
    pieces.push(chunk.slice(from))
  }
  yield pieces.join('')
}
