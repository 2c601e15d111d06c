import { SESSION, WRITE } from './finding.js'
import { isTemporarySchema } from './server-relations.js'
import type { StatementReader } from './statement-reader.js'
import * as t from './tokens.js'

/** No `CREATE` has more words than this before the name of what it creates. */
const LONGEST_HEAD = 12

/** Elsewhere TEMP is a name: of a table, say. */
const BEFORE_TEMPORARY: ReadonlySet<string> = new Set(['or', 'replace', 'global', 'local'])

/** `CREATE [OR REPLACE] [GLOBAL | LOCAL] TEMP ...`, or a name in `pg_temp`; the rest defines something for everybody. */
export function readCreate(reader: StatementReader, at: number): void {
  const { finding } = reader
  if (isTemporary(reader)) {
    finding.effect({ kind: 'temporary-object' })
    finding.decide(SESSION, 'temporary-object', at)
  } else finding.decide(WRITE, 'definition', at)
  reader.skip()
}

function isTemporary(reader: StatementReader): boolean {
  let mayBeTemporary = true
  for (let seen = 0; seen < LONGEST_HEAD; seen++) {
    const token = reader.next()
    if (reader.isOver || token === t.OPEN || token === t.AS) return false
    if (token === t.TEMPORARY && mayBeTemporary) return true
    mayBeTemporary = BEFORE_TEMPORARY.has(reader.written().toLowerCase())
    if (token === t.IDENTIFIER || token === t.QUOTED_IDENTIFIER) {
      if (isTemporarySchema(`${reader.name()}.`) && reader.scanner.fork().next() === t.DOT) return true
    }
  }
  return false
}
