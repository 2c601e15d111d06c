import type { Finding } from './finding.js'
import { nameIn } from './names.js'
import { QueryWalk } from './query-walk.js'
import type { Scanner } from './scanner.js'
import * as t from './tokens.js'

/** The scanner with its current token, and the ways to get to the end of a statement. */
export class StatementReader {
  readonly scanner: Scanner
  readonly finding: Finding
  token: number

  constructor(scanner: Scanner, finding: Finding) {
    this.scanner = scanner
    this.finding = finding
    this.token = scanner.next()
  }

  next(): number {
    this.token = this.scanner.next()
    return this.token
  }

  /** Between two statements, or at the end of the text. */
  get isOver(): boolean {
    return this.token === t.SEMICOLON || this.token === t.END || this.token === t.BAD
  }

  /** The current token as it is written. */
  written(): string {
    return this.scanner.text.slice(this.scanner.start, this.scanner.end)
  }

  /** The current token as a name. */
  name(): string {
    return nameIn(this.scanner.text, this.scanner.start, this.scanner.end)
  }

  /** The name that begins at the current token, its parts joined by dots. The token behind it becomes the current one. */
  readName(): string {
    const { start } = this.scanner
    let { end } = this.scanner
    if (this.isOver) return ''
    while (this.next() === t.DOT) {
      if (this.next() === t.END) break
      end = this.scanner.end
    }
    return nameIn(this.scanner.text, start, end)
  }

  /** From the current token to the end of the statement, as a query. */
  walk(): void {
    this.token = new QueryWalk(this.scanner, this.finding).walk(this.token)
  }

  /** Of `COPY (query)`: only to behind the parenthesis that is the current token. */
  walkParenthesis(): void {
    this.token = new QueryWalk(this.scanner, this.finding, t.COPY).walk(this.token, true)
  }

  /** To the end of the statement, whatever is in it. */
  skip(): void {
    let depth = 0
    let last: number = t.END
    for (; this.token !== t.END && this.token !== t.BAD; this.next()) {
      if (this.token === t.SEMICOLON && depth <= 0) return
      depth += nesting(this.token, last, depth)
      last = this.token
    }
  }
}

/**
 * By how much deeper in a statement this token leads: a semicolon inside does not end it. Besides parentheses, that is
 * the body `BEGIN ATOMIC ... END` of a function, which has statements of its own; and CASE there, whose END is another.
 */
export function nesting(token: number, last: number, depth: number): number {
  switch (token) {
    case t.OPEN:
      return 1
    case t.CLOSE:
      return -1
    case t.ATOMIC:
      return last === t.BEGIN ? 1 : 0
    case t.CASE:
      return depth > 0 && last !== t.DOT && last !== t.AS ? 1 : 0
    case t.END_WORD:
      return depth > 0 && last !== t.DOT && last !== t.AS ? -1 : 0
  }
  return 0
}

/** Reads one statement from behind its verb, to the semicolon or the end. */
export type ReadStatement = (reader: StatementReader, at: number) => void
