import { Scanner } from '../../dialect/postgresql/scanner.js'
import { nesting } from '../../dialect/postgresql/statement-reader.js'
import { BAD, COPY, END, FROM, SEMICOLON, STDOUT } from '../../dialect/postgresql/tokens.js'
import { unitsOf } from '../../dialect/postgresql/units.js'

/** What a script holds, in its order. Lines are counted from 1. */
export type ScriptItem =
  | { readonly kind: 'statement'; readonly text: string; readonly line: number }
  /** A command of psql's own, or the rows behind a `COPY ... FROM STDIN`. */
  | { readonly kind: 'skipped'; readonly text: string; readonly line: number }

const NEWLINE = 10
const BACKSLASH = 92
/** What is read again when more arrives has at least doubled: so the whole is read twice, however long a statement. */
const FIRST_LOOK = 65_536
const END_OF_ROWS = '\\.'

/**
 * Cuts text as `psql` reads it into statements, piece by piece: it holds no more than the longest statement.
 *
 * A semicolon ends a statement, but not in quotes, comments, parentheses, or the body of a function. A backslash outside
 * quotes begins a command of psql's, to the end of its line, and ends the statement before it, as `\g` does. Rows that
 * follow `COPY ... FROM STDIN` are skipped up to `\.`.
 */
export class ScriptReader {
  #pending = ''
  #line = 1
  #lookAgainAt = FIRST_LOOK
  #isInRows = false;

  *read(chunk: string): Generator<ScriptItem> {
    this.#pending += chunk
    if (this.#pending.length < this.#lookAgainAt) return
    yield* this.#take(false)
    this.#lookAgainAt = Math.max(FIRST_LOOK, this.#pending.length * 2)
  }

  *end(): Generator<ScriptItem> {
    yield* this.#take(true)
  }

  *#take(isLast: boolean): Generator<ScriptItem> {
    for (;;) {
      if (this.#isInRows && !this.#skipRows(isLast)) return
      const before = this.#pending.length
      yield* this.#statements(isLast)
      if (!this.#isInRows || this.#pending.length === before) return
    }
  }

  /** Every statement that is complete, up to one that rows follow. */
  *#statements(isLast: boolean): Generator<ScriptItem> {
    const text = this.#pending
    const cursor = new Cursor(text)
    let from = 0
    while (!this.#isInRows) {
      const { end, isEmpty, hasRows } = cursor.readStatement()
      const lineEnd = end === 'command' ? endOfLine(text, cursor.at) : -1
      const isComplete = end === 'semicolon' || (end === 'command' && lineEnd < text.length)
      if (!isComplete && !isLast) break
      if (isEmpty) this.#count(text, from, cursor.at)
      else yield this.#item('statement', text, from, cursor.at)
      if (end === 'command') yield this.#item('skipped', text, cursor.at, lineEnd)
      from = end === 'command' ? lineEnd : cursor.behind
      if (end === 'text') break
      if (end === 'command') cursor.goTo(lineEnd)
      this.#isInRows = hasRows
    }
    this.#pending = text.slice(from)
  }

  /** @returns whether their end has been found, and skipped. */
  #skipRows(isLast: boolean): boolean {
    const text = this.#pending
    for (let at = 0; at < text.length; ) {
      const end = endOfLine(text, at)
      if (end === text.length && !isLast) {
        this.#pending = text.slice(at)
        return false
      }
      this.#line++
      const isEnd = text.slice(at, end).trimEnd() === END_OF_ROWS
      at = end + 1
      if (!isEnd) continue
      this.#pending = text.slice(at)
      this.#isInRows = false
      return true
    }
    this.#pending = ''
    return false
  }

  #item(kind: ScriptItem['kind'], text: string, from: number, to: number): ScriptItem {
    const whole = text.slice(from, to)
    const start = from + whole.length - whole.trimStart().length
    this.#count(text, from, start)
    const item = { kind, text: whole.trim(), line: this.#line }
    this.#count(text, start, to)
    return item
  }

  #count(text: string, from: number, to: number): void {
    for (let at = from; at < to; at++) if (text.charCodeAt(at) === NEWLINE) this.#line++
  }
}

interface StatementEnd {
  /** What ended it: a semicolon, a command of psql's, or the end of what is there. */
  readonly end: 'semicolon' | 'command' | 'text'
  readonly isEmpty: boolean
  readonly hasRows: boolean
}

/** A scanner that goes on behind a character that is not SQL: the server will complain of it, up to the semicolon. */
class Cursor {
  readonly #text: string
  readonly #units: Uint16Array
  #scanner: Scanner

  constructor(text: string) {
    this.#text = text
    this.#units = unitsOf(text)
    this.#scanner = new Scanner(text, 0, true, this.#units)
  }

  /** Where the statement ends, and what follows it. */
  get at(): number {
    return this.#scanner.start
  }

  get behind(): number {
    return this.#scanner.end
  }

  goTo(at: number): void {
    this.#scanner = new Scanner(this.#text, at, true, this.#units)
  }

  readStatement(): StatementEnd {
    let depth = 0
    let last: number = START
    let first: number = START
    let isFromStdin = false
    for (;;) {
      const token = this.#next()
      const end = this.#endAt(token, depth)
      if (end !== undefined) {
        const isEmpty = first === START
        return { end, isEmpty, hasRows: first === COPY && isFromStdin && end === 'semicolon' }
      }
      depth += nesting(token, last, depth)
      if (last === FROM && token === STDOUT && depth === 0) isFromStdin = true
      if (first === START) first = token
      last = token
    }
  }

  #endAt(token: number, depth: number): StatementEnd['end'] | undefined {
    if (token === SEMICOLON && depth <= 0) return 'semicolon'
    if (token === BAD && this.#units[this.at] === BACKSLASH) return 'command'
    return token === END ? 'text' : undefined
  }

  #next(): number {
    const token = this.#scanner.next()
    if (token !== BAD || this.#units[this.at] === BACKSLASH) return token
    const isUnterminated = QUOTES.includes(this.#text[this.at] as string)
    // Then the rest belongs to it.
    if (isUnterminated) this.goTo(this.#text.length)
    else this.goTo(this.at + 1)
    return BAD
  }
}

/** No token: nothing has been read. */
const START = -1
/** With what an unterminated token can begin; anything else that the scanner refuses is one odd character. */
const QUOTES = `'"$/ebxuEBXU`

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from)
  return end < 0 ? text.length : end
}
