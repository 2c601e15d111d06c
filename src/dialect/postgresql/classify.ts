import type { Classification } from '../../model/intent.js'
import { Finding, SESSION, WRITE } from './finding.js'
import { findHint } from './hints.js'
import { BAD, END, PUNCTUATION, Scanner } from './scanner.js'
import { readStatement } from './statements.js'

const SEMICOLON = 59

/**
 * What a text needs, by its own words: statements, functions and relations that PostgreSQL 14 to 18 know.
 *
 * A text of several statements is classified as a whole; what binds most decides. Anything not understood goes to the
 * primary. Takes time linear in the length of the text, whatever is in it.
 *
 * @param options.standardConformingStrings as the server has it; `true` since PostgreSQL 9.1.
 */
export function classify(text: string, options?: { readonly standardConformingStrings?: boolean }): Classification {
  const scanner = new Scanner(text, options?.standardConformingStrings ?? true)
  const finding = new Finding()
  scanner.next()
  while (scanner.kind !== END && scanner.kind !== BAD) {
    if (scanner.kind === PUNCTUATION && scanner.code === SEMICOLON) scanner.next()
    else readWhole(scanner, finding)
  }
  if (scanner.kind === BAD) finding.decide(WRITE, 'not-classified', scanner.start)
  finding.decideIfNothing(SESSION, 'empty')
  const first = text.charCodeAt(0)
  const mayHint = first <= 32 || first === 47 || first === 45
  return finding.classification(mayHint ? findHint(text) : undefined)
}

/** A statement must take at least one token with it, or the text is not SQL. */
function readWhole(scanner: Scanner, finding: Finding): void {
  const { start } = scanner
  readStatement(scanner, finding)
  const isOver = scanner.kind === END || scanner.kind === BAD || scanner.code === SEMICOLON
  if (isOver) return
  finding.decide(WRITE, 'not-classified', scanner.start)
  if (scanner.start === start) scanner.next()
}
