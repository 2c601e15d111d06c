import { Scanner } from './scanner.js'
import { nesting } from './statement-reader.js'
import { BAD, END, SEMICOLON } from './tokens.js'

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
  let isEmpty = true
  let depth = 0
  let last: number = END
  const lineAt = (at: number): number => {
    for (; counted < at; counted++) if (script.charCodeAt(counted) === NEWLINE) line++
    return line
  }
  for (;;) {
    const token = scanner.next()
    const isOver = token === END || token === BAD || (token === SEMICOLON && depth <= 0)
    if (!isOver) {
      isEmpty = false
      depth += nesting(token, last, depth)
      last = token
      continue
    }
    if (!isEmpty || token === BAD) {
      const text = script.slice(from, token === BAD ? script.length : scanner.start)
      yield { text: text.trim(), line: lineAt(from + (text.length - text.trimStart().length)) }
    }
    if (token !== SEMICOLON) return
    from = scanner.end
    isEmpty = true
    depth = 0
    last = END
  }
}
