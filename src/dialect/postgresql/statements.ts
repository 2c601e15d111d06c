import { readCreate } from './create.js'
import { READ, SESSION, type Strength, WRITE } from './finding.js'

import type { ReasonCode } from './reasons.js'
import { readReset, readSet } from './settings.js'
import type { ReadStatement, StatementReader } from './statement-reader.js'
import * as t from './tokens.js'
import { readBegin, readEnd, readPrepare, readSavepoint } from './transactions.js'

/** Reads the statement that begins at the reader's token. */
export function readStatement(reader: StatementReader): void {
  const { token, scanner, finding } = reader
  const at = scanner.start
  const read = STATEMENTS[token]
  if (read === undefined) {
    finding.doubt(at)
    return reader.skip()
  }
  finding.beginStatement(token === t.SET || token === t.RESET)
  read(reader, at)
}

/** A statement that is what its verb says, and needs no look inside. */
function is(strength: Strength, reason: ReasonCode): ReadStatement {
  return (reader, at) => {
    reader.finding.decide(strength, reason, at)
    reader.skip()
  }
}

/** The walk finds what the verb does not say: effects of functions, relations. */
function walks(strength: Strength, reason: ReasonCode): ReadStatement {
  return (reader, at) => {
    reader.finding.decide(strength, reason, at)
    reader.walk()
  }
}

function readQuery(reader: StatementReader, at: number): void {
  reader.finding.decide(READ, 'plain-read', at)
  reader.walk()
}

/** `(SELECT ...) UNION (SELECT ...)`: behind any number of parentheses there must be a query. */
function readParenthesised(reader: StatementReader, at: number): void {
  const ahead = reader.scanner.fork()
  let token = ahead.next()
  while (token === t.OPEN) token = ahead.next()
  if (!QUERY_VERBS.has(token)) reader.finding.doubt(at)
  readQuery(reader, at)
}

const QUERY_VERBS: ReadonlySet<number> = new Set([t.SELECT, t.VALUES, t.TABLE, t.WITH])

/** The last word on ANALYZE counts. Without it a statement is only planned, which a replica does for any of them. */
function readExplain(reader: StatementReader, at: number): void {
  const { finding } = reader
  const executes = readExplainOptions(reader)
  if (!executes && PLANNED_ONLY.has(reader.token)) {
    finding.decide(READ, 'explain-only', at)
    finding.isPlanOnly = true
    if (reader.token === t.UPDATE) readTarget(reader)
    reader.walk()
    finding.isPlanOnly = false
    return
  }
  const read = STATEMENTS[reader.token]
  if (read === undefined || reader.token === t.EXPLAIN) finding.doubt(at)
  else read(reader, reader.scanner.start)
}

/** What the server plans without executing it. `EXPLAIN EXECUTE` is missing: it belongs to one connection. */
const PLANNED_ONLY: ReadonlySet<number> = new Set([
  ...QUERY_VERBS,
  ...[t.OPEN, t.INSERT, t.UPDATE, t.DELETE, t.MERGE],
  ...[t.CREATE, t.DECLARE, t.REFRESH],
])

/** `UPDATE [ONLY] name`: even a plan needs to look at the table. */
function readTarget(reader: StatementReader): void {
  if (reader.next() === t.ONLY) reader.next()
  readRelation(reader)
}

/** @returns whether the statement is executed. */
function readExplainOptions(reader: StatementReader): boolean {
  let executes = false
  if (reader.next() === t.ANALYZE) {
    executes = true
    reader.next()
  }
  if (reader.token === t.VERBOSE) reader.next()
  if (reader.token !== t.OPEN || executes) return executes
  const ahead = reader.scanner.fork()
  const first = ahead.next()
  if (first === t.OPEN || QUERY_VERBS.has(first)) return false
  while (reader.token === t.OPEN || reader.token === t.COMMA) {
    const isAnalyze = reader.next() === t.ANALYZE
    const value = readExplainValue(reader)
    if (isAnalyze) executes = value
  }
  if (reader.token === t.CLOSE) reader.next()
  return executes
}

/** Reads the value of an option, if it has one. `ANALYZE` may say false in many ways. */
function readExplainValue(reader: StatementReader): boolean {
  let value = true
  for (let token = reader.next(); token !== t.COMMA && token !== t.CLOSE && !reader.isOver; token = reader.next()) {
    const written = reader.written().toLowerCase()
    value = !FALSE.has(written)
  }
  return value
}

const FALSE: ReadonlySet<string> = new Set(['false', 'off', '0', "'false'", "'off'", "'0'", '"false"', '"off"'])

/** `COPY (query) TO STDOUT` and `COPY table TO STDOUT` read; the rest writes, or acts on the server that runs it. */
function readCopy(reader: StatementReader, at: number): void {
  const { finding } = reader
  finding.decide(READ, 'copy-out', at)
  if (reader.next() === t.OPEN) reader.walkParenthesis()
  else readCopiedTable(reader)
  while (reader.token !== t.TO && reader.token !== t.FROM && !reader.isOver) reader.next()
  if (reader.token === t.FROM) finding.decide(WRITE, 'copy-in', at)
  else if (reader.token !== t.TO) finding.doubt(at)
  else if (reader.next() !== t.STDOUT) finding.decide(WRITE, 'copy-on-server', at)
  reader.skip()
}

function readCopiedTable(reader: StatementReader): void {
  const isBinary = reader.written().toLowerCase() === 'binary'
  if (isBinary) reader.next()
  readRelation(reader)
}

function readRelation(reader: StatementReader): void {
  if (reader.isOver) reader.finding.doubt(reader.scanner.start)
  else reader.finding.uses(reader.readName())
}

function readExecute(reader: StatementReader, at: number): void {
  reader.finding.decide(SESSION, 'prepared-statement', at)
  reader.finding.effect({ kind: 'runs-kept' })
  reader.walk()
}

function readDeallocate(reader: StatementReader, at: number): void {
  reader.finding.decide(SESSION, 'prepared-statement', at)
  if (reader.next() === t.PREPARE) reader.next()
  const name = reader.token === t.ALL ? undefined : reader.name()
  reader.finding.effect({ kind: 'deallocate', name })
  reader.skip()
}

function readFetch(reader: StatementReader, at: number): void {
  reader.finding.decide(SESSION, 'cursor', at)
  reader.finding.effect({ kind: 'runs-kept' })
  reader.skip()
}

function readDeclare(reader: StatementReader, at: number): void {
  const { finding } = reader
  finding.decide(SESSION, 'cursor', at)
  let hold = false
  let last: number = t.DECLARE
  for (let token = reader.next(); token !== t.FOR && !reader.isOver; token = reader.next()) {
    if (token === t.HOLD) hold = last === t.WITH
    last = token
  }
  finding.effect({ kind: 'declare-cursor', hold })
  if (reader.token !== t.FOR) return
  reader.next()
  reader.walk()
}

function readListen(kind: 'listen' | 'unlisten'): ReadStatement {
  return (reader, at) => {
    reader.finding.decide(SESSION, 'listen', at)
    reader.finding.effect({ kind })
    reader.skip()
  }
}

function readDiscard(reader: StatementReader, at: number): void {
  const what = DISCARDED[reader.next()] ?? 'all'
  reader.finding.decide(SESSION, 'discard', at)
  reader.finding.effect({ kind: 'discard', what })
  reader.skip()
}

const DISCARDED: Readonly<Record<number, 'temp' | 'plans' | 'sequences'>> = {
  [t.TEMPORARY]: 'temp',
  [t.PLANS]: 'plans',
  [t.SEQUENCES]: 'sequences',
}

function readLoad(reader: StatementReader, at: number): void {
  reader.finding.decide(SESSION, 'load', at)
  reader.finding.effect({ kind: 'needs-connection' })
  reader.skip()
}

/** PostgreSQL 19: `WAIT FOR LSN '...'` is asked of a standby, about itself. */
function readWait(reader: StatementReader, at: number): void {
  if (reader.next() === t.FOR) reader.finding.decide(READ, 'position-wait', at)
  else reader.finding.doubt(at)
  reader.skip()
}

/** By verb. `SECURITY LABEL`, `IMPORT FOREIGN SCHEMA` and the like are known by their first word. */
const STATEMENTS: Readonly<Record<number, ReadStatement>> = {
  [t.SELECT]: readQuery,
  [t.VALUES]: readQuery,
  [t.TABLE]: readQuery,
  [t.WITH]: readQuery,
  [t.OPEN]: readParenthesised,
  [t.EXPLAIN]: readExplain,
  [t.SHOW]: is(READ, 'show'),
  [t.COPY]: readCopy,

  [t.INSERT]: walks(WRITE, 'write'),
  [t.UPDATE]: walks(WRITE, 'write'),
  [t.DELETE]: walks(WRITE, 'write'),
  [t.MERGE]: walks(WRITE, 'write'),
  [t.TRUNCATE]: is(WRITE, 'write'),
  [t.CALL]: walks(WRITE, 'procedure'),
  [t.DO]: is(WRITE, 'procedure'),

  [t.CREATE]: readCreate,
  [t.ALTER]: is(WRITE, 'definition'),
  [t.DROP]: is(WRITE, 'definition'),
  [t.COMMENT]: is(WRITE, 'definition'),
  [t.GRANT]: is(WRITE, 'definition'),
  [t.REVOKE]: is(WRITE, 'definition'),
  [t.SECURITY]: is(WRITE, 'definition'),
  [t.IMPORT]: is(WRITE, 'definition'),
  [t.REASSIGN]: is(WRITE, 'definition'),

  [t.ANALYZE]: is(WRITE, 'maintenance'),
  [t.CHECKPOINT]: is(WRITE, 'maintenance'),
  [t.CLUSTER]: is(WRITE, 'maintenance'),
  [t.REFRESH]: is(WRITE, 'maintenance'),
  [t.REINDEX]: is(WRITE, 'maintenance'),
  [t.REPACK]: is(WRITE, 'maintenance'),
  [t.VACUUM]: is(WRITE, 'maintenance'),
  [t.LOCK]: is(WRITE, 'lock'),

  [t.BEGIN]: readBegin,
  [t.START]: readBegin,
  [t.COMMIT]: readEnd('commit'),
  [t.END_WORD]: readEnd('commit'),
  [t.ROLLBACK]: readEnd('rollback'),
  [t.ABORT]: readEnd('rollback'),
  [t.SAVEPOINT]: readSavepoint,
  [t.RELEASE]: readSavepoint,
  [t.SET]: readSet,
  [t.RESET]: readReset,

  [t.PREPARE]: readPrepare,
  [t.EXECUTE]: readExecute,
  [t.DEALLOCATE]: readDeallocate,
  [t.DECLARE]: readDeclare,
  [t.FETCH]: readFetch,
  [t.MOVE]: readFetch,
  [t.CLOSE_CURSOR]: is(SESSION, 'cursor'),
  [t.LISTEN]: readListen('listen'),
  [t.UNLISTEN]: readListen('unlisten'),
  [t.NOTIFY]: is(WRITE, 'notify'),
  [t.DISCARD]: readDiscard,
  [t.LOAD]: readLoad,
  [t.WAIT]: readWait,
}
