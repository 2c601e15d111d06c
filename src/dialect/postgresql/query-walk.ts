import { Calls } from './calls.js'
import { type Finding, SESSION, WRITE } from './finding.js'
import { ENDS_OPERAND, MAY_NAME_RELATION, NEVER_CALLED } from './keywords.js'
import { nameIn } from './names.js'
import {
  BEFORE_GROUPING_ITEM,
  BEFORE_LEADING,
  BEFORE_OPERAND,
  BEFORE_PREFIX,
  BEFORE_RELATION,
  BEGINS_BODY,
  BRACKET,
  CONCERNS,
  GROUPING,
  IN_FROM,
  IN_WITH,
  isNameToken,
  KEYWORD,
  labelled,
  NAME,
  OPERATOR_NAME,
  PARENTHESIS,
  PERHAPS_WRITES,
  SETS,
  SQL_CALL,
  STOPS,
} from './query-grammar.js'
import type { Scanner } from './scanner.js'
import { isTemporarySchema, relationNeed } from './server-relations.js'
import * as t from './tokens.js'

/**
 * Walks through a query, to the end of its statement, and notes what binds it: locks, writing CTEs, SELECT INTO, calls
 * of functions, relations.
 *
 * It does not parse. It looks at tokens and their neighbours, which suffices because the words that matter are
 * reserved, or stand where nothing else can; docs/routing.md says where that is, and the differential test compares
 * the result with PostgreSQL's own parser. Where a doubt remains, the doubt is noted as what binds more. It keeps one
 * number for each open parenthesis and never calls itself, so neither depth nor length can hurt.
 */
export class QueryWalk {
  readonly #scanner: Scanner
  readonly #finding: Finding
  readonly #outer: number[] = []
  /** The bits of the parenthesis that we are in. */
  #here = 0
  #previous: number
  #beforePrevious: number
  /** The dotted name that ends with the previous token, and the token before it. */
  #nameStart = 0
  #nameEnd = 0
  /** The known word that is its last part, and whether there are parts before that. */
  #nameWord = 0
  #isQualified = false
  #beforeName: number = t.END
  #clauseAt = 0
  #calls: Calls | undefined

  /** @param previous what stands before the first token, as far as that matters. */
  constructor(scanner: Scanner, finding: Finding, previous: number = t.END) {
    this.#scanner = scanner
    this.#finding = finding
    this.#previous = previous
    this.#beforePrevious = t.END
    // A word in front that is not part of the query is not the name of a function either.
    this.#beforeName = previous === t.END ? t.END : t.AS
  }

  /**
   * @param first the scanner's current token.
   * @param isClosing stop behind the parenthesis that `first` opens.
   * @returns the token that it stopped at: a semicolon outside any parenthesis, the end, or `BAD`.
   */
  walk(first: number, isClosing = false): number {
    const scanner = this.#scanner
    let token = first
    for (;;) {
      const concern = CONCERNS[token] as number
      if (concern === NAME || concern === KEYWORD) {
        const before = this.#previous
        if (before === t.DOT) {
          this.#isQualified = true
          token = t.IDENTIFIER
        } else {
          this.#beforeName = before
          this.#nameStart = scanner.start
          this.#isQualified = false
          if (before === t.AS || before === t.CAST) token = labelled(token)
          else if (BEFORE_RELATION[before] !== 0 && this.#isRelationDue(before, token)) {
            token = this.#relation(token)
            continue
          } else if (concern === KEYWORD) token = this.#keyword(token)
        }
        this.#nameWord = scanner.word
        this.#nameEnd = scanner.end
      } else if (concern === PARENTHESIS) {
        if (token === t.OPEN) this.#open()
        else {
          if (this.#outer.length === 0) return this.#unbalanced()
          token = this.#close()
          if (isClosing && this.#outer.length === 0) return scanner.next()
        }
      } else if (concern === BRACKET) {
        // In an array, CUBE is a function; whether it is one behind the array again, nobody keeps count of.
        this.#here &= ~GROUPING
      } else if (concern === STOPS) {
        if (token !== t.SEMICOLON || this.#outer.length === 0) return this.#stop(token)
        this.#doubt()
      }
      this.#beforePrevious = this.#previous
      this.#previous = token
      token = scanner.next()
    }
  }

  /** The statement is over: whatever was still to come did not. */
  #stop(token: number): number {
    if (this.#outer.length > 0 || (this.#here & IN_WITH) !== 0) this.#doubt()
    return token
  }

  #unbalanced(): number {
    this.#doubt()
    let token: number = t.CLOSE
    while (token !== t.SEMICOLON && token !== t.END && token !== t.BAD) token = this.#scanner.next()
    return token
  }

  #doubt(): void {
    this.#finding.doubt(this.#scanner.start)
  }

  #isRelationDue(before: number, token: number): boolean {
    if (BEFORE_RELATION[before] === 2 && (this.#here & IN_FROM) === 0) return false
    if ((this.#here & SQL_CALL) !== 0 || this.#beforePrevious === t.DISTINCT) return false
    return MAY_NAME_RELATION[token] === 1
  }

  /** Reads a whole name where a relation may stand. @returns the token behind it. */
  #relation(first: number): number {
    const scanner = this.#scanner
    let last = NEVER_CALLED[first] === 1 ? first : t.IDENTIFIER
    this.#nameWord = scanner.word
    this.#nameEnd = scanner.end
    let token = scanner.next()
    while (token === t.DOT) {
      this.#isQualified = true
      const part = scanner.next()
      if (CONCERNS[part] !== NAME && CONCERNS[part] !== KEYWORD) return part
      last = t.IDENTIFIER
      this.#nameWord = scanner.word
      this.#nameEnd = scanner.end
      token = scanner.next()
    }
    this.#beforePrevious = this.#beforeName
    this.#previous = token === t.OPEN ? last : t.IDENTIFIER
    if (token !== t.OPEN || this.#beforeName === t.INTO) this.#usesRelation()
    return token
  }

  #usesRelation(): void {
    const name = nameIn(this.#scanner.text, this.#nameStart, this.#nameEnd)
    this.#finding.uses(name)
    const need = relationNeed(name)
    if (need !== undefined) this.#finding.decide(need.strength, need.reason, this.#nameStart, name)
  }

  /** @returns what the key word is here: some are something else by what stands before them. */
  #keyword(token: number): number {
    const previous = this.#previous
    switch (token) {
      case t.NOT:
        // `a NOT IN (...)`, which is not `NOT f(...)`
        return ENDS_OPERAND[previous] === 1 ? t.IDENTIFIER : token
      case t.TO:
        // `SIMILAR TO`; or `DAY TO SECOND`
        return previous === t.TYPE_WORD ? token : t.IDENTIFIER
      case t.OPERATOR_WORD:
        // `OPERATOR(pg_catalog.+)`; or the name of a column
        return this.#scanner.fork().next() === t.OPEN ? token : t.IDENTIFIER
      case t.RECURSIVE:
        return previous === t.WITH ? token : t.IDENTIFIER
      case t.POSTFIX_WORD:
        return ENDS_OPERAND[previous] === 1 ? t.RESERVED_VALUE : token
      case t.ZONE:
        return previous === t.TIME ? token : t.IDENTIFIER
      case t.PREFIX_WORD:
        return ENDS_OPERAND[previous] === 1 || BEFORE_PREFIX.has(previous) ? token : t.IDENTIFIER
      case t.LEADING_WORD:
        return ENDS_OPERAND[previous] === 1 || BEFORE_LEADING.has(previous) ? t.PREFIX_WORD : t.IDENTIFIER
      case t.VERSION_WORD:
        return previous === t.COMMA ? t.PREFIX_WORD : t.IDENTIFIER
      case t.BY:
        if (previous === t.GROUP) this.#here = (this.#here & ~IN_FROM) | GROUPING
        return ENDS_OPERAND[previous] === 1 || previous === t.GROUP || previous === t.ORDER ? token : t.IDENTIFIER
    }
    this.#clause(token)
    return token
  }

  #clause(token: number): void {
    switch (token) {
      case t.FROM:
        return this.#from()
      case t.SELECT:
      case t.TABLE:
        this.#here &= ~(IN_FROM | IN_WITH | GROUPING)
        return
      case t.VALUES:
        this.#here &= ~(IN_FROM | GROUPING)
        if (this.#isMainVerb()) this.#here &= ~IN_WITH
        return
      case t.WITH:
        if (this.#previous === t.OPEN || this.#previous === t.END) this.#here = (this.#here & ~IN_FROM) | IN_WITH
        return
      case t.INTO:
        return this.#into()
      case t.UPDATE:
        if (this.#previous === t.FOR) return this.#lock()
        return this.#perhapsWrites()
      case t.DELETE:
        return this.#perhapsWrites()
      case t.INSERT:
      case t.MERGE:
        this.#clauseAt = this.#scanner.start
        return
      case t.SET:
        if ((this.#here & PERHAPS_WRITES) !== 0) this.#writes()
        return
      case t.FOR:
        this.#here &= ~IN_FROM
        this.#clauseAt = this.#scanner.start
        return
      case t.SHARE:
      case t.KEY:
      case t.NO:
        if (this.#previous === t.FOR) this.#lock()
        return
      default:
        // WHERE, ORDER, LIMIT, UNION and the like end a FROM list.
        this.#here &= ~(IN_FROM | GROUPING)
    }
  }

  #from(): void {
    if (this.#previous === t.DELETE && (this.#here & PERHAPS_WRITES) !== 0) this.#writes()
    if ((this.#here & SQL_CALL) === 0 && this.#previous !== t.DISTINCT) this.#here |= IN_FROM
  }

  /** `FOR UPDATE`, `FOR NO KEY UPDATE`, `FOR SHARE`, `FOR KEY SHARE`; but `substring(x FOR share)` reads a column. */
  #lock(): void {
    if ((this.#here & SQL_CALL) === 0) this.#finding.decide(WRITE, 'locking-read', this.#clauseAt)
  }

  /** Behind `AS (`, or as the statement that a WITH clause belongs to. Elsewhere it is the name of a column. */
  #perhapsWrites(): void {
    if (this.#previous === t.OPEN) {
      if (!BEGINS_BODY.has(this.#beforePrevious)) return
      this.#here |= PERHAPS_WRITES
      this.#clauseAt = this.#scanner.start
    } else if (this.#isMainVerb()) {
      this.#clauseAt = this.#scanner.start
      this.#writes()
    }
  }

  /** Behind the last CTE, or behind the name that ends its SEARCH or CYCLE clause. */
  #isMainVerb(): boolean {
    if ((this.#here & IN_WITH) === 0) return false
    if (this.#previous === t.CLOSE) return true
    // Behind `SET set,` comes the name of another CTE.
    return this.#previous !== t.COMMA && (this.#beforePrevious === t.SET || this.#beforePrevious === t.USING)
  }

  #writes(): void {
    this.#here &= ~(PERHAPS_WRITES | IN_WITH)
    this.#finding.decide(WRITE, this.#outer.length === 0 ? 'write' : 'writing-cte', this.#clauseAt)
  }

  #into(): void {
    if (this.#previous === t.INSERT || this.#previous === t.MERGE) return this.#writes()
    if (this.#isTemporaryAhead()) {
      this.#finding.effect({ kind: 'temporary-object' })
      this.#finding.decide(SESSION, 'temporary-object', this.#scanner.start)
    } else this.#finding.decide(WRITE, 'select-into', this.#scanner.start)
  }

  /** `INTO TEMP t`, `INTO LOCAL TEMPORARY TABLE t`, `INTO pg_temp.t`. */
  #isTemporaryAhead(): boolean {
    const ahead = this.#scanner.fork()
    const first = ahead.next()
    const { start } = ahead
    const second = ahead.next()
    if (first === t.TEMPORARY || second === t.TEMPORARY) return true
    if (second !== t.DOT) return false
    ahead.next()
    return isTemporarySchema(nameIn(ahead.text, start, ahead.end))
  }

  #open(): void {
    const previous = this.#previous
    let inner = 0
    if (isNameToken(previous)) inner = this.#openBehindWord(previous)
    else if (previous === t.OPEN || previous === t.COMMA) inner = this.#here & IN_FROM
    else if (previous === t.CLOSE) this.#here &= ~IN_WITH
    this.#outer.push(this.#here)
    this.#here = inner
  }

  /** @returns the bits of the parenthesis that opens behind this word. */
  #openBehindWord(previous: number): number {
    switch (previous) {
      case t.FROM:
      case t.JOIN:
      case t.ONLY:
      case t.LATERAL:
        if (previous !== t.JOIN || this.#isJoin()) return (this.#here & SQL_CALL) === 0 ? IN_FROM : 0
        break
      case t.SQL_CALL_WORD:
        return SQL_CALL
      case t.ON:
        return this.#beforePrevious === t.DISTINCT ? BEFORE_OPERAND : 0
      case t.OPERATOR_WORD:
        return BEFORE_OPERAND | OPERATOR_NAME
    }
    if (NEVER_CALLED[previous] === 1 || this.#isQueryBehindCycle()) return 0
    if (this.#isCall(previous)) return this.#call()
    // GROUPING SETS (
    return this.#beforeName === t.COLUMN_WORD ? this.#here & GROUPING : 0
  }

  /** `WITH t AS (...) SEARCH DEPTH FIRST BY a SET b (SELECT ...)`: what stands in parentheses is the statement. */
  #isQueryBehindCycle(): boolean {
    if ((this.#here & IN_WITH) === 0 || !(this.#beforeName === t.SET || this.#beforeName === t.USING)) return false
    this.#here &= ~IN_WITH
    return true
  }

  #isJoin(): boolean {
    return ENDS_OPERAND[this.#beforeName] === 1 || this.#beforeName === t.JOIN_WORD
  }

  /** Whether a name before a parenthesis is called, or names an alias, a CTE, a type, or a piece of syntax. */
  #isCall(previous: number): boolean {
    const before = this.#beforeName
    if (ENDS_OPERAND[before] === 1) return false
    switch (before) {
      case t.AS:
      case t.CAST:
      case t.INTO:
      case t.TABLESAMPLE:
      // `GROUPING SETS (`, `character varying (`, `interval second (`, `AT TIME ZONE (`.
      case t.COLUMN_WORD:
      case t.TIME:
        return false
      case t.WITH:
      case t.RECURSIVE:
      case t.COMMA:
        if ((this.#here & IN_WITH) !== 0) return false
    }
    switch (previous) {
      case t.BY:
        return false
      case t.MATERIALIZED:
        return before !== t.NOT || (this.#here & IN_WITH) === 0
      case t.CUBE_OR_ROLLUP:
        return (this.#here & GROUPING) === 0 || !BEFORE_GROUPING_ITEM.has(before)
      case t.PREFIX_WORD:
        return before !== t.FETCH
    }
    return true
  }

  /** @returns the bits of the arguments' parenthesis. */
  #call(): number {
    this.#calls ??= new Calls(this.#scanner, this.#finding)
    const word = this.#nameWord
    return this.#calls.begin(this.#nameStart, this.#nameEnd, word, this.#isQualified) ? SETS : 0
  }

  #close(): number {
    const inner = this.#here
    if ((inner & IN_WITH) !== 0) this.#doubt()
    if ((inner & OPERATOR_NAME) !== 0 && this.#previous !== t.OPERATOR && this.#previous !== t.EQUALS) this.#doubt()
    if ((inner & SETS) !== 0) this.#calls?.endSetConfig(this.#previous === t.TRUE && this.#beforePrevious === t.COMMA)
    this.#here = this.#outer.pop() as number
    return (inner & BEFORE_OPERAND) === 0 ? t.CLOSE : t.CLOSE_BEFORE_OPERAND
  }
}
