import type { Finding } from './finding.js'
import { READ, SESSION, SETTING, WRITE } from './finding.js'
import { builtIn, isServerStatistics, type KnownFunction } from './functions.js'
import {
  BAD,
  END,
  NUMBER,
  OPERATOR,
  PARAMETER,
  PUNCTUATION,
  QUOTED,
  Scanner,
  STRING,
  type TokenKind,
  WORD,
} from './scanner.js'
import * as words from './words.js'

const OPEN = 40
const CLOSE = 41
const COMMA = 44
const DOT = 46
const SEMICOLON = 59

/** What is true at one depth of parentheses. */
const IN_FROM = 1
const IN_WITH = 2
/** Between FROM and WHERE, join conditions included: a comma goes on with relations. */
const IN_FROM_LIST = 4

const NOT_MOVING = 0

/**
 * Walks through the body of a query, to the semicolon or the parenthesis that ends it, and notes what binds it to the
 * primary: locks, writing CTEs, SELECT INTO, functions, relations.
 *
 * It does not parse: it looks at tokens and their neighbours. Where the neighbours leave a doubt, the doubt is noted as
 * what binds more. It keeps one number for each open parenthesis and never calls itself, so that neither depth nor
 * length can hurt.
 */
export class QueryWalk {
  readonly #scanner: Scanner
  readonly #finding: Finding
  readonly #outer: number[] = []
  #here = 0
  // The token before the current one.
  #lastKind: TokenKind = END
  #lastKeyword = 0
  #lastCode = 0
  #lastStart = 0
  #lastEnd = 0
  // The dotted name that ends with the last token, and what stood before it.
  #nameStart = 0
  #nameParts = 0
  #beforeKind: TokenKind = END
  #beforeKeyword = 0
  #beforeCode = 0
  #relationDue = false
  #dmlDue = 0
  #dmlStart = 0
  #intoDue = false
  #settingDepth = -1
  #settingCommas = 0
  #settingName = ''
  #settingStart = 0
  #pidDue = false

  constructor(scanner: Scanner, finding: Finding) {
    this.#scanner = scanner
    this.#finding = finding
  }

  /**
   * Begins at the scanner's current token, which opens the query: a verb, `WITH`, or a parenthesis.
   *
   * @param untilClosed stop behind the parenthesis that the current token opens, instead of at the statement's end.
   */
  walk(untilClosed: boolean): void {
    const scanner = this.#scanner
    this.#finding.decide(READ, 'plain-read', scanner.start)
    for (;;) {
      const { kind, code } = scanner
      if (kind === END || kind === BAD) break
      if (this.#isOverAt(kind, code)) break
      this.#token(kind, code)
      this.#remember(kind)
      scanner.next()
      if (untilClosed && this.#outer.length === 0) break
    }
    this.#nameEnded()
  }

  #isOverAt(kind: TokenKind, code: number): boolean {
    return kind === PUNCTUATION && this.#outer.length === 0 && (code === SEMICOLON || code === CLOSE)
  }

  #token(kind: TokenKind, code: number): void {
    if (this.#dmlDue !== 0) this.#confirmWrite(kind)
    if (this.#intoDue) this.#seeTemporary(kind)
    if (this.#pidDue) this.#seePid(kind)
    if (kind === WORD || kind === QUOTED) this.#word(kind)
    else if (kind === PUNCTUATION) this.#punctuation(code)
    else this.#constant()
  }

  /** A value or an operator is never a relation. */
  #constant(): void {
    if (this.#nameParts > 0) this.#nameEnded()
    this.#relationDue = false
  }

  #word(kind: TokenKind): void {
    const { keyword } = this.#scanner
    if (this.#lastKind === PUNCTUATION && this.#lastCode === DOT && this.#nameParts > 0) {
      this.#nameParts++
      return
    }
    if (this.#nameParts > 0) this.#nameEnded()
    this.#startName()
    // After AS, every word is a label.
    if (kind === WORD && keyword !== 0 && this.#lastKeyword !== words.AS) this.#keyword(keyword)
  }

  #startName(): void {
    this.#nameStart = this.#scanner.start
    this.#nameParts = 1
    this.#beforeKind = this.#lastKind
    this.#beforeKeyword = this.#lastKeyword
    this.#beforeCode = this.#lastCode
  }

  #keyword(keyword: number): void {
    const { start } = this.#scanner
    switch (keyword) {
      case words.FROM:
        if (this.#lastKeyword !== words.DISTINCT) this.#expectRelations()
        return
      case words.JOIN:
        return this.#expectRelations()
      case words.WITH:
        if (this.#isQueryStart()) this.#here |= IN_WITH
        return
      case words.SELECT:
      case words.VALUES:
        this.#here = NOT_MOVING
        return
      case words.TABLE:
        this.#here = NOT_MOVING
        this.#relationDue = this.#isQueryStart()
        this.#nameParts = 0
        return
      case words.INSERT:
      case words.DELETE:
      case words.MERGE:
      case words.UPDATE:
        return this.#perhapsWrites(keyword, start)
      case words.SHARE:
      case words.KEY:
      case words.NO:
        if (this.#lastKeyword === words.FOR) this.#finding.decide(WRITE, 'locking-read', this.#lastStart)
        return
      case words.INTO:
        if (this.#lastKeyword === words.INSERT || this.#lastKeyword === words.MERGE) return
        this.#finding.decide(WRITE, 'select-into', start)
        this.#intoDue = true
        return
      case words.ONLY:
      case words.LATERAL:
        return
      default:
        if (words.ENDS_FROM[keyword] === 1) this.#fromEnded(keyword)
    }
  }

  #fromEnded(keyword: number): void {
    const isJoinCondition = keyword === words.ON || keyword === words.USING
    this.#here &= isJoinCondition ? ~IN_FROM : ~(IN_FROM | IN_FROM_LIST)
  }

  #expectRelations(): void {
    this.#here |= IN_FROM | IN_FROM_LIST
    this.#relationDue = true
    this.#nameParts = 0
  }

  /** At the beginning, or behind an opening parenthesis, or behind the list of a WITH. */
  #isQueryStart(): boolean {
    return this.#lastKind === END || (this.#lastKind === PUNCTUATION && this.#lastCode === OPEN)
  }

  #perhapsWrites(keyword: number, start: number): void {
    if (keyword === words.UPDATE && this.#lastKeyword === words.FOR) {
      this.#finding.decide(WRITE, 'locking-read', this.#lastStart)
      return
    }
    const isStatement =
      this.#lastKind === END ||
      (this.#lastKind === PUNCTUATION && (this.#lastCode === OPEN || this.#lastCode === CLOSE))
    if (!isStatement) return
    this.#dmlDue = keyword
    this.#dmlStart = start
  }

  /** `INSERT INTO`, `DELETE FROM`, `MERGE INTO`, `UPDATE name`: what a column or alias of that name is not. */
  #confirmWrite(kind: TokenKind): void {
    const { keyword } = this.#scanner
    const verb = this.#dmlDue
    this.#dmlDue = 0
    const isWrite =
      verb === words.UPDATE
        ? kind === QUOTED || (kind === WORD && words.RESERVED[keyword] !== 1)
        : keyword === (verb === words.DELETE ? words.FROM : words.INTO)
    if (isWrite) this.#finding.decide(WRITE, this.#outer.length > 0 ? 'writing-cte' : 'write', this.#dmlStart)
  }

  #seeTemporary(kind: TokenKind): void {
    const { keyword, text, start, end } = this.#scanner
    if (keyword === words.LOCAL || keyword === words.GLOBAL) return
    this.#intoDue = false
    const isTemporary = keyword === words.TEMP || keyword === words.TEMPORARY
    if (isTemporary || (kind === WORD && text.slice(start, end).toLowerCase() === 'pg_temp')) {
      this.#finding.effect({ kind: 'temporary-object' })
    }
  }

  #seePid(kind: TokenKind): void {
    const { text, start, end } = this.#scanner
    this.#pidDue = false
    const pid =
      kind === NUMBER
        ? { literal: Number(text.slice(start, end)) }
        : kind === PARAMETER
          ? { parameter: Number(text.slice(start + 1, end)) }
          : undefined
    this.#finding.effect({ kind: 'signals-backend', pid })
  }

  #punctuation(code: number): void {
    switch (code) {
      case DOT:
        return
      case OPEN:
        if (this.#nameParts > 0) this.#nameBeforeParenthesis()
        this.#relationDue = false
        this.#outer.push(this.#here)
        this.#here = NOT_MOVING
        return
      case CLOSE:
        if (this.#nameParts > 0) this.#nameEnded()
        if (this.#settingDepth === this.#outer.length) this.#settingEnded()
        this.#here = this.#outer.pop() ?? NOT_MOVING
        return
      case COMMA:
        if (this.#nameParts > 0) this.#nameEnded()
        if (this.#settingDepth === this.#outer.length) this.#settingCommas++
        this.#relationDue = (this.#here & IN_FROM_LIST) !== 0
        if (this.#relationDue) this.#here |= IN_FROM
        return
      default:
        if (this.#nameParts > 0) this.#nameEnded()
    }
  }

  #remember(kind: TokenKind): void {
    const { keyword, code, start, end, text } = this.#scanner
    if (this.#settingDepth === this.#outer.length) this.#seeSettingArgument(kind, keyword, text, start, end)
    this.#lastKind = kind
    this.#lastKeyword = keyword
    this.#lastCode = code
    this.#lastStart = start
    this.#lastEnd = end
  }

  /** The name was no call: it may be a relation. */
  #nameEnded(): void {
    const parts = this.#nameParts
    this.#nameParts = 0
    if (parts === 0 || !this.#relationDue) return
    if (this.#lastKeyword === words.ONLY || this.#lastKeyword === words.LATERAL) return
    this.#relationDue = false
    const name = this.#name()
    if (name.startsWith('pg_temp.')) this.#finding.decide(SESSION, 'temporary-object', this.#nameStart, name)
    if (isServerStatistics(name)) this.#finding.decide(WRITE, 'server-statistics', this.#nameStart, name)
    this.#finding.uses(name, this.#nameStart)
  }

  #nameBeforeParenthesis(): void {
    const parts = this.#nameParts
    this.#nameParts = 0
    if (parts === 1 && words.NEVER_A_FUNCTION[this.#lastKeyword] === 1 && this.#lastKind === WORD) return
    if (this.#isAlias() || this.#isCteName()) return
    const name = this.#name()
    const dot = name.lastIndexOf('.')
    const schema = dot < 0 ? undefined : name.slice(0, dot)
    const known = schema === undefined || schema === 'pg_catalog' ? builtIn(name.slice(dot + 1)) : undefined
    if (known === undefined) this.#finding.calls(name, this.#nameStart)
    else if (known !== 'harmless') this.#calls(known, name)
  }

  #calls(known: KnownFunction, name: string): void {
    const at = this.#nameStart
    switch (known.does) {
      case 'set-config':
        this.#settingDepth = this.#outer.length + 1
        this.#settingCommas = 0
        this.#settingName = ''
        this.#settingStart = at
        return
      case 'keep-connection-anywhere':
        return this.#finding.effect({ kind: 'needs-connection' })
      case 'keep-connection':
        this.#finding.effect({ kind: 'needs-connection' })
        break
      case 'lock':
        this.#finding.effect({ kind: 'advisory-lock' })
        break
      case 'unlock':
        this.#finding.effect({ kind: 'advisory-unlock' })
        break
      case 'signal-backend':
        this.#pidDue = true
        break
      default:
    }
    this.#finding.decide(WRITE, known.reason, at, name)
  }

  /** `FROM t a (x, y)`, `… AS a (x, y)`, `TABLESAMPLE system (10)`, `FETCH FIRST (n)`: names, not calls. */
  #isAlias(): boolean {
    const keyword = this.#beforeKeyword
    if (ALIAS_AFTER.has(keyword)) return true
    if ((this.#here & IN_FROM) === 0) return false
    if (this.#beforeKind === QUOTED || (this.#beforeKind === WORD && keyword === 0)) return true
    return this.#beforeKind === PUNCTUATION && this.#beforeCode === CLOSE
  }

  /** `WITH t (a, b) AS (…)`. */
  #isCteName(): boolean {
    if ((this.#here & IN_WITH) === 0) return false
    if (this.#beforeKeyword === words.WITH || this.#beforeKeyword === words.RECURSIVE) return true
    return this.#beforeKind === PUNCTUATION && this.#beforeCode === COMMA
  }

  #seeSettingArgument(kind: TokenKind, keyword: number, text: string, start: number, end: number): void {
    if (this.#settingCommas === 0 && kind === STRING) this.#settingName = text.slice(start + 1, end - 1).toLowerCase()
    if (this.#settingCommas === 2 && keyword === words.TRUE) this.#settingCommas = LOCAL_TO_TRANSACTION
    else if (this.#settingCommas === LOCAL_TO_TRANSACTION && (kind === OPERATOR || kind === WORD))
      this.#settingCommas = 3
  }

  /** `set_config(name, value, true)` ends with the transaction; anything else may outlive it. */
  #settingEnded(): void {
    if (this.#settingCommas !== LOCAL_TO_TRANSACTION) {
      this.#finding.decide(SETTING, 'setting', this.#settingStart, this.#settingName)
      this.#finding.effect({ kind: 'set', name: this.#settingName })
    }
    this.#settingDepth = -1
  }

  /** Lower-cased as PostgreSQL folds it, quotes removed, at most schema and name. */
  #name(): string {
    const { text } = this.#scanner
    return foldName(withoutBlanks(text.slice(this.#nameStart, this.#lastEnd)))
  }
}

const ALIAS_AFTER: ReadonlySet<number> = new Set([words.AS, words.TABLESAMPLE, words.FETCH, words.ORDINALITY])

const LOCAL_TO_TRANSACTION = 100

/** A dotted name without the blanks and comments that may stand between its parts, as in `pg_catalog . nextval`. */
function withoutBlanks(raw: string): string {
  if (!HAS_BLANKS.some((blank) => raw.includes(blank))) return raw
  const scanner = new Scanner(raw)
  let name = ''
  for (scanner.next(); scanner.kind !== END; scanner.next()) name += raw.slice(scanner.start, scanner.end)
  return name
}

const HAS_BLANKS = [' ', '\n', '\t', '\r', '\f', '/', '-']

/** `"Sch""ema".Name` → `Sch"ema.name`, as PostgreSQL folds it. */
export function foldName(raw: string): string {
  if (!raw.includes('"')) return raw.toLowerCase()
  let name = ''
  for (let at = 0; at < raw.length; at++) {
    const char = raw[at] as string
    if (char !== '"') {
      name += char.toLowerCase()
      continue
    }
    for (at++; at < raw.length && !(raw[at] === '"' && raw[at + 1] !== '"'); at++) {
      if (raw[at] === '"') at++
      name += raw[at]
    }
  }
  return name
}
