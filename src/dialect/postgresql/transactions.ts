import { READ_ONLY_TRANSACTION, SESSION, WRITE } from './finding.js'
import type { ReadStatement, StatementReader } from './statement-reader.js'
import * as t from './tokens.js'

/**
 * Any order, any number, commas or none: `ISOLATION LEVEL ...`, `READ ONLY`, `READ WRITE`, `DEFERRABLE`.
 *
 * The server applies one after the other, so a standby refuses READ WRITE and SERIALIZABLE even if another mode follows.
 */
export function readBegin(reader: StatementReader, at: number): void {
  const { finding } = reader
  const { readOnly, readWrite, serializable } = readModes(reader)
  finding.effect({ kind: 'begin', readOnly, serializable })
  if (!readOnly || readWrite) finding.decide(SESSION, 'transaction', at)
  else if (serializable) finding.decide(SESSION, 'serializable', at)
  else finding.decide(READ_ONLY_TRANSACTION, 'read-only-transaction', at)
}

export interface TransactionModes {
  /** The last word is READ ONLY. */
  readonly readOnly: boolean
  /** READ WRITE is said, first or last. */
  readonly readWrite: boolean
  readonly serializable: boolean
}

/** The modes up to the end of the statement. */
export function readModes(reader: StatementReader): TransactionModes {
  let readOnly = false
  let readWrite = false
  let serializable = false
  let last: number = t.END
  for (let token = reader.next(); !reader.isOver; token = reader.next()) {
    if (last === t.READ && token === t.ONLY) readOnly = true
    if (last === t.READ && token === t.WRITE) {
      readOnly = false
      readWrite = true
    }
    if (token === t.SERIALIZABLE) serializable = true
    last = token
  }
  return { readOnly, readWrite, serializable }
}

/** `COMMIT`, `END`, `ROLLBACK`, `ABORT`, with `AND CHAIN`; `ROLLBACK TO`; `COMMIT PREPARED` is a write of its own. */
export function readEnd(kind: 'commit' | 'rollback'): ReadStatement {
  return (reader, at) => {
    const { finding } = reader
    let chain = false
    let last: number = t.END
    for (let token = reader.next(); !reader.isOver; token = reader.next()) {
      if (token === t.PREPARED) return readTwoPhase(reader, at)
      if (token === t.TO && kind === 'rollback') return readRollbackTo(reader, at)
      if (token === t.CHAIN) chain = last !== t.NO
      last = token
    }
    control(reader, at)
    finding.effect({ kind, chain })
  }
}

/** `SAVEPOINT`, `RELEASE`. */
export function readSavepoint(reader: StatementReader, at: number): void {
  control(reader, at)
  reader.skip()
}

function readRollbackTo(reader: StatementReader, at: number): void {
  control(reader, at)
  reader.finding.effect({ kind: 'rollback-to-savepoint' })
  reader.skip()
}

/** Ends a transaction that another connection may have prepared. */
function readTwoPhase(reader: StatementReader, at: number): void {
  reader.finding.decide(WRITE, 'two-phase', at)
  reader.skip()
}

/** A transaction that the same text began read-only stays where it is. */
function control(reader: StatementReader, at: number): void {
  if (!reader.finding.isInReadOnlyTransaction) reader.finding.decide(SESSION, 'transaction', at)
}

/** `PREPARE TRANSACTION 'id'` ends a transaction; `PREPARE name AS ...` keeps a statement. */
export function readPrepare(reader: StatementReader, at: number): void {
  const { finding } = reader
  const isTransaction = reader.next() === t.TRANSACTION && reader.scanner.fork().next() === t.STRING
  if (isTransaction) {
    finding.decide(WRITE, 'two-phase', at)
    finding.effect({ kind: 'commit', chain: false })
  } else {
    finding.decide(SESSION, 'prepared-statement', at)
    finding.effect({ kind: 'prepare', name: reader.name() })
  }
  reader.skip()
}
