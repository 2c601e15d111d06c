import { BAD, END, PUNCTUATION, Scanner, WORD } from './scanner.js'
import * as words from './words.js'

const OPEN = 40
const CLOSE = 41
const SEMICOLON = 59
const NEWLINE = 10

/** One statement of a longer text, without its semicolon. */
export interface Statement {
  readonly text: string
  /** Counted from 1. */
  readonly line: number
}

/**
 * Cuts a script into its statements at the semicolons that end one: not those inside strings, comments, parentheses, or
 * the body of a function. Statements of nothing but blanks and comments are left out.
 */
export function* splitStatements(script: string): Generator<Statement> {
  const scanner = new Scanner(script)
  let from = 0
  let line = 1
  let counted = 0
  let first = -1
  let depth = 0
  let last = 0
  const lineAt = (at: number): number => {
    for (; counted < at; counted++) if (script.charCodeAt(counted) === NEWLINE) line++
    return line
  }
  for (scanner.next(); ; scanner.next()) {
    const { kind, code, keyword } = scanner
    const isOver = kind === END || kind === BAD || (kind === PUNCTUATION && code === SEMICOLON && depth <= 0)
    if (!isOver) {
      if (first < 0) first = scanner.start
      if (code === OPEN) depth++
      else if (code === CLOSE) depth--
      else if (kind === WORD) depth += nesting(keyword, last, depth)
      last = keyword
      continue
    }
    const end = kind === BAD ? script.length : scanner.start
    if (first >= 0 || kind === BAD) {
      const text = script.slice(from, end)
      const start = from + (text.length - text.trimStart().length)
      yield { text: text.trim(), line: lineAt(start) }
    }
    if (kind === END || kind === BAD) return
    from = scanner.end
    first = -1
    depth = 0
    last = 0
  }
}

/** `BEGIN ATOMIC … END`, with `CASE … END` inside. */
function nesting(keyword: number, last: number, depth: number): number {
  if (keyword === words.ATOMIC && last === words.BEGIN) return 1
  if (depth > 0 && keyword === words.CASE) return 1
  return depth > 0 && keyword === words.END_WORD ? -1 : 0
}
