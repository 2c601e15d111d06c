import type { Classification } from '../../model/intent.js'
import { Finding, READ } from './finding.js'
import { findHint } from './hints.js'
import { Scanner } from './scanner.js'
import { StatementReader } from './statement-reader.js'
import { readStatement } from './statements.js'
import { BAD, END, SEMICOLON } from './tokens.js'
import { sharedUnitsOf } from './units.js'

export interface ClassifyOptions {
  /** As the session has it; on by default since PostgreSQL 9.1. Off: a backslash escapes in every string. */
  readonly standardConformingStrings?: boolean
}

/**
 * What a text needs, as far as the text itself can tell: `resolve` adds what the catalogue and the user know.
 *
 * A text of several statements is classified as a whole: what binds most decides. What is not understood goes to the
 * primary. Takes time linear in the length of the text, whatever is in it, and remembers nothing.
 */
export function classify(text: string, options?: ClassifyOptions): Classification {
  const scanner = new Scanner(text, 0, options?.standardConformingStrings, sharedUnitsOf(text))
  const finding = new Finding()
  const reader = new StatementReader(scanner, finding)
  while (reader.token !== END && reader.token !== BAD) {
    if (reader.token === SEMICOLON) reader.next()
    else readStatement(reader)
  }
  if (reader.token === BAD) finding.doubt(scanner.start)
  finding.decide(READ, 'empty', 0)
  return finding.classification(mayHint(text) ? findHint(text) : undefined)
}

/** Begins with white space or a comment. */
function mayHint(text: string): boolean {
  const first = text.charCodeAt(0)
  return first <= 32 || first === 47 || first === 45
}
