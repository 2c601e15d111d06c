import type { Finding } from './finding.js'
import { READ, READ_ONLY_TRANSACTION, SESSION, SETTING, type Strength, WRITE } from './finding.js'
import { keyword } from './keywords.js'
import { foldName, QueryWalk } from './query.js'
import type { ReasonCode } from './reasons.js'
import { BAD, END, PUNCTUATION, type Scanner, STRING, WORD } from './scanner.js'
import * as words from './words.js'

const OPEN = 40
const CLOSE = 41
const SEMICOLON = 59

/** Reads one statement, from its first word to the semicolon or the end; the scanner stands behind its verb. */
type ReadStatement = (scanner: Scanner, finding: Finding, at: number) => void

/** Reads the statement that begins at the scanner's token, whatever it is. */
export function readStatement(scanner: Scanner, finding: Finding): void {
  const { keyword: verb, start, kind, code } = scanner
  if (kind === PUNCTUATION && code === OPEN) return new QueryWalk(scanner, finding).walk(false)
  if (kind !== WORD || verb === 0) return unknownStatement(scanner, finding, start)
  if (QUERIES.has(verb)) return new QueryWalk(scanner, finding).walk(false)
  scanner.next()
  const read = STATEMENTS.get(verb) ?? unknownStatement
  read(scanner, finding, start)
  skipStatement(scanner)
}

/** Whether the rest of the words were only skipped, or had to be understood: either way, up to the semicolon. */
function skipStatement(scanner: Scanner): void {
  let depth = 0
  for (; scanner.kind !== END && scanner.kind !== BAD; scanner.next()) {
    if (scanner.kind !== PUNCTUATION) continue
    if (scanner.code === OPEN) depth++
    else if (scanner.code === CLOSE) depth--
    else if (scanner.code === SEMICOLON && depth <= 0) return
  }
}

function unknownStatement(scanner: Scanner, finding: Finding, at: number): void {
  const verb = scanner.text.slice(at, scanner.end).slice(0, 40)
  const isOther = OTHERS.get(verb.toLowerCase())
  finding.decide(WRITE, isOther ?? 'not-classified', at)
  if (scanner.start === at) scanner.next()
  skipStatement(scanner)
}

/** Statements that need no look inside. */
function always(strength: Strength, reason: ReasonCode): ReadStatement {
  return (_scanner, finding, at) => finding.decide(strength, reason, at)
}

const EACH_OTHER: readonly (readonly [ReasonCode, string])[] = [
  ['definition', 'alter drop comment grant revoke security import reassign truncate'],
  ['maintenance', 'vacuum checkpoint cluster reindex refresh repack'],
]
const OTHERS: ReadonlyMap<string, ReasonCode> = new Map(
  EACH_OTHER.flatMap(([reason, verbs]) => verbs.split(' ').map((verb) => [verb, reason] as const)),
)

const QUERIES: ReadonlySet<number> = new Set([words.SELECT, words.VALUES, words.TABLE, words.WITH])

/** Any order, any number, commas or none: `ISOLATION LEVEL …`, `READ ONLY`, `READ WRITE`, `DEFERRABLE`. */
function readBegin(scanner: Scanner, finding: Finding, at: number): void {
  let readOnly = false
  let serializable = false
  let last = 0
  while (!isOver(scanner)) {
    const word = scanner.keyword
    if (last === words.READ_WORD && word === words.ONLY) readOnly = true
    if (last === words.READ_WORD && word === words.WRITE_WORD) readOnly = false
    if (word === words.SERIALIZABLE) serializable = true
    last = word
    scanner.next()
  }
  finding.effect({ kind: 'begin', readOnly, serializable })
  // A hot standby refuses SERIALIZABLE, even READ ONLY.
  if (readOnly && !serializable) finding.decide(READ_ONLY_TRANSACTION, 'read-only-transaction', at)
  else finding.decide(SESSION, 'transaction', at)
}

/** `COMMIT`, `END`, `ROLLBACK`, `ABORT`, with `AND CHAIN`; `ROLLBACK TO`; `COMMIT PREPARED` is a write of its own. */
function readEnd(kind: 'commit' | 'rollback'): ReadStatement {
  return (scanner, finding, at) => {
    finding.decide(SESSION, 'transaction', at)
    let chain = false
    let last = 0
    while (!isOver(scanner)) {
      const word = scanner.keyword
      if (word === words.PREPARED) return finding.decide(WRITE, 'write', at)
      if (word === words.TO) return finding.effect({ kind: 'rollback-to-savepoint' })
      if (word === words.CHAIN) chain = last !== words.NO
      last = word
      scanner.next()
    }
    finding.effect({ kind, chain })
  }
}

/** `PREPARE TRANSACTION 'id'` ends a transaction; `PREPARE name AS …` keeps a statement. */
function readPrepare(scanner: Scanner, finding: Finding, at: number): void {
  if (scanner.keyword === words.TRANSACTION) {
    finding.decide(SESSION, 'transaction', at)
    finding.effect({ kind: 'commit', chain: false })
    return
  }
  finding.decide(SESSION, 'prepared-statement', at)
  finding.effect({ kind: 'prepare', name: nameAt(scanner) })
}

function readDeallocate(scanner: Scanner, finding: Finding, at: number): void {
  finding.decide(SESSION, 'prepared-statement', at)
  if (scanner.keyword === words.PREPARE) scanner.next()
  const name = scanner.keyword === words.ALL ? undefined : nameAt(scanner)
  finding.effect({ kind: 'deallocate', name })
}

function readDeclare(scanner: Scanner, finding: Finding, at: number): void {
  finding.decide(SESSION, 'cursor', at)
  let hold = false
  let last = 0
  while (!isOver(scanner) && scanner.keyword !== words.FOR) {
    if (scanner.keyword === words.HOLD) hold = last === words.WITH
    last = scanner.keyword
    scanner.next()
  }
  finding.effect({ kind: 'declare-cursor', hold })
  if (scanner.keyword !== words.FOR) return
  scanner.next()
  new QueryWalk(scanner, finding).walk(false)
}

/** `SET [SESSION | LOCAL] …`. What belongs to a transaction stays in it; the rest follows the session. */
function readSet(scanner: Scanner, finding: Finding, at: number): void {
  let word = scanner.keyword
  if (word === words.LOCAL) return finding.decide(SESSION, 'set-local', at)
  if (word === words.CONSTRAINTS) return finding.decide(SESSION, 'set-local', at)
  if (word === words.SESSION_WORD) {
    scanner.next()
    word = scanner.keyword
    if (word === words.AUTHORIZATION) return setting(finding, at, 'session_authorization')
    if (word === words.CHARACTERISTICS) return setting(finding, at, 'session characteristics')
  }
  const name = settingNameAt(scanner, word)
  if (name === 'transaction' || TRANSACTION_SETTINGS.has(name)) {
    finding.effect({ kind: 'set-transaction' })
    return finding.decide(SESSION, 'transaction', at)
  }
  setting(finding, at, name)
}

const TRANSACTION_SETTINGS: ReadonlySet<string> = new Set([
  'transaction_isolation',
  'transaction_read_only',
  'transaction_deferrable',
])

function setting(finding: Finding, at: number, name: string): void {
  finding.effect({ kind: 'set', name })
  finding.decide(SETTING, 'setting', at, name)
}

function settingNameAt(scanner: Scanner, word: number): string {
  if (word === words.TIME) return 'timezone'
  if (word === words.SCHEMA) return 'search_path'
  if (word === words.NAMES) return 'client_encoding'
  if (word === words.XML) return 'xmloption'
  return nameAt(scanner)
}

function readReset(scanner: Scanner, finding: Finding, at: number): void {
  const word = scanner.keyword
  const name =
    word === words.ALL
      ? undefined
      : word === words.SESSION_WORD
        ? 'session_authorization'
        : settingNameAt(scanner, word)
  finding.effect({ kind: 'reset', name })
  finding.decide(SETTING, 'setting', at, name)
}

function readDiscard(scanner: Scanner, finding: Finding, at: number): void {
  const word = scanner.keyword
  const what =
    word === words.PLANS ? 'plans' : word === words.SEQUENCES ? 'sequences' : word === words.ALL ? 'all' : 'temp'
  finding.effect({ kind: 'discard', what })
  finding.decide(SESSION, 'discard', at)
}

/** `CREATE [OR REPLACE] [GLOBAL | LOCAL] TEMP …`, or a name in `pg_temp`; and bodies that contain semicolons. */
function readCreate(scanner: Scanner, finding: Finding, at: number): void {
  let isTemporary = false
  for (let seen = 0; seen < 12 && !isOver(scanner) && !(scanner.code === OPEN); seen++) {
    const { keyword: word, text, start, end } = scanner
    if (word === words.TEMP || word === words.TEMPORARY) isTemporary = seen < 4
    if (scanner.kind === WORD && text.slice(start, end).toLowerCase() === 'pg_temp') isTemporary = true
    if (word === words.AS || isTemporary) break
    scanner.next()
  }
  if (isTemporary) finding.effect({ kind: 'temporary-object' })
  finding.decide(WRITE, isTemporary ? 'temporary-object' : 'definition', at)
  skipDefinition(scanner)
}

/** A function's `BEGIN ATOMIC … END` has statements, and so semicolons, of its own. */
function skipDefinition(scanner: Scanner): void {
  let depth = 0
  let last = 0
  for (; scanner.kind !== END && scanner.kind !== BAD; scanner.next()) {
    const word = scanner.keyword
    if (word === words.ATOMIC && last === words.BEGIN) depth++
    else if (depth > 0 && word === words.CASE) depth++
    else if (depth > 0 && word === words.END_WORD) depth--
    if (scanner.code === OPEN) depth++
    else if (scanner.code === CLOSE) depth--
    else if (scanner.code === SEMICOLON && depth <= 0) return
    last = word
  }
}

/** The last word on ANALYZE counts; without it, nothing is executed. */
function readExplain(scanner: Scanner, finding: Finding, at: number): void {
  let analyzes = false
  if (scanner.code === OPEN) analyzes = readExplainOptions(scanner)
  else {
    while (ANALYZE_OR_VERBOSE.has(scanner.keyword)) {
      if (scanner.keyword !== words.VERBOSE) analyzes = true
      scanner.next()
    }
  }
  if (analyzes || !PLANNED_ONLY.has(scanner.keyword)) {
    if (scanner.code !== OPEN && !QUERIES.has(scanner.keyword)) finding.decide(READ, 'explain-only', at)
    return readStatement(scanner, finding)
  }
  finding.decide(READ, 'explain-only', at)
}

const ANALYZE_OR_VERBOSE: ReadonlySet<number> = new Set([words.ANALYZE, words.ANALYSE, words.VERBOSE])

/** A replica plans these without executing them. Anything else that can be explained is read as if it were executed. */
const PLANNED_ONLY: ReadonlySet<number> = new Set([
  words.SELECT,
  words.VALUES,
  words.TABLE,
  words.WITH,
  words.INSERT,
  words.UPDATE,
  words.DELETE,
  words.MERGE,
])

function readExplainOptions(scanner: Scanner): boolean {
  let analyzes = false
  let depth = 1
  scanner.next()
  while (depth > 0 && scanner.kind !== END && scanner.kind !== BAD) {
    const isAnalyze = scanner.keyword === words.ANALYZE || scanner.keyword === words.ANALYSE
    if (scanner.code === OPEN) depth++
    if (scanner.code === CLOSE) depth--
    scanner.next()
    if (isAnalyze) analyzes = !isFalse(scanner)
  }
  return analyzes
}

function isFalse(scanner: Scanner): boolean {
  if (scanner.keyword === words.FALSE || scanner.keyword === words.OFF) return true
  const value = scanner.text.slice(scanner.start, scanner.end).toLowerCase()
  return value === '0' || value === "'false'" || value === "'off'" || value === '"false"' || value === '"off"'
}

/** `COPY (query) TO STDOUT` and `COPY table TO STDOUT` read; the rest writes, or acts on the server it runs on. */
function readCopy(scanner: Scanner, finding: Finding, at: number): void {
  finding.decide(READ, 'copy-out', at)
  if (scanner.code === OPEN) new QueryWalk(scanner, finding).walk(true)
  else if (scanner.kind === WORD || scanner.kind === 2)
    finding.uses(foldName(scanner.text.slice(scanner.start, scanner.end)), at)
  while (!isOver(scanner) && scanner.keyword !== words.TO && scanner.keyword !== words.FROM) scanner.next()
  if (scanner.keyword !== words.TO) return finding.decide(WRITE, 'copy-in', at)
  scanner.next()
  const isToClient = scanner.keyword === words.STDOUT || scanner.keyword === words.STDIN
  if (!isToClient || scanner.kind === STRING) finding.decide(WRITE, 'copy-on-server', at)
}

function withEffect(
  strength: Strength,
  reason: ReasonCode,
  kind: 'listen' | 'unlisten' | 'needs-connection',
): ReadStatement {
  return (_scanner, finding, at) => {
    finding.effect({ kind })
    finding.decide(strength, reason, at)
  }
}

const STATEMENTS: ReadonlyMap<number, ReadStatement> = new Map<number, ReadStatement>([
  [words.INSERT, always(WRITE, 'write')],
  [words.UPDATE, always(WRITE, 'write')],
  [words.DELETE, always(WRITE, 'write')],
  [words.MERGE, always(WRITE, 'write')],
  [words.EXPLAIN, readExplain],
  [keyword('copy'), readCopy],
  [words.BEGIN, readBegin],
  [keyword('start'), readBegin],
  [keyword('commit'), readEnd('commit')],
  [words.END_WORD, readEnd('commit')],
  [keyword('rollback'), readEnd('rollback')],
  [keyword('abort'), readEnd('rollback')],
  [keyword('savepoint'), always(SESSION, 'transaction')],
  [keyword('release'), always(SESSION, 'transaction')],
  [words.PREPARE, readPrepare],
  [words.EXECUTE, always(SESSION, 'prepared-statement')],
  [keyword('deallocate'), readDeallocate],
  [keyword('declare'), readDeclare],
  [words.FETCH, always(SESSION, 'cursor')],
  [keyword('move'), always(SESSION, 'cursor')],
  [keyword('close'), always(SESSION, 'cursor')],
  [keyword('listen'), withEffect(SESSION, 'listen', 'listen')],
  [keyword('unlisten'), withEffect(SESSION, 'listen', 'unlisten')],
  [keyword('notify'), always(WRITE, 'notify')],
  [words.SET, readSet],
  [keyword('reset'), readReset],
  [keyword('show'), always(READ, 'show')],
  [keyword('discard'), readDiscard],
  [keyword('create'), readCreate],
  [keyword('lock'), always(WRITE, 'lock')],
  [keyword('call'), always(WRITE, 'procedure')],
  [keyword('do'), always(WRITE, 'procedure')],
  [keyword('load'), withEffect(SESSION, 'load', 'needs-connection')],
  [words.ANALYZE, always(WRITE, 'maintenance')],
  [words.ANALYSE, always(WRITE, 'maintenance')],
])

function isOver(scanner: Scanner): boolean {
  return scanner.kind === END || scanner.kind === BAD || scanner.code === SEMICOLON
}

/** The name at the scanner's token: `"Quoted"` kept, `Plain` folded. */
function nameAt(scanner: Scanner): string {
  return foldName(scanner.text.slice(scanner.start, scanner.end))
}
