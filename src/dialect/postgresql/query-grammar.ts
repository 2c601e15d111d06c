import * as t from './tokens.js'

/*
 * What the walk through a query knows of the grammar: tables, and nothing that happens.
 */

/*
 * What is known of the parenthesis we are in, one bit each. The walk keeps one such number for each that is open.
 */

/** `extract(... FROM ...)`, `substring(... FROM ... FOR ...)`: these words open no clause here. */
export const SQL_CALL = 1
/** In a FROM list: after a comma comes a relation. */
export const IN_FROM = 2
/** Behind WITH; the statement that uses the CTEs has not begun yet. */
export const IN_WITH = 4
/** A CTE began with UPDATE or DELETE: if SET or FROM follows, it is one; if not, that was the name of a column. */
export const PERHAPS_WRITES = 8
/** What stands behind it is an operand again: `OPERATOR(...)`, `DISTINCT ON (...)`. */
export const BEFORE_OPERAND = 16
/** In GROUP BY, where CUBE and ROLLUP are no functions. */
export const GROUPING = 32
/** The arguments of `set_config`. */
export const SETS = 64
/** The name of an operator: `OPERATOR(pg_catalog.+)`. */
export const OPERATOR_NAME = 128

/* How a token concerns the walk. */
/* 0: only its neighbours may ask about it. */
export const NAME = 1
export const KEYWORD = 2
export const PARENTHESIS = 3
export const STOPS = 4
export const BRACKET = 5

/** Words that are something else by what stands before them. */
const TURNING_WORDS = [
  t.NOT,
  t.TO,
  t.ZONE,
  t.PREFIX_WORD,
  t.LEADING_WORD,
  t.VERSION_WORD,
  t.POSTFIX_WORD,
  t.BY,
  t.RECURSIVE,
  t.OPERATOR_WORD,
]
const CLAUSE_WORDS = [
  ...[t.FROM, t.SELECT, t.TABLE, t.VALUES, t.WITH, t.INTO, t.UPDATE, t.DELETE, t.INSERT, t.MERGE, t.SET],
  ...[t.FOR, t.SHARE, t.KEY, t.NO],
  ...[t.WHERE, t.HAVING, t.WINDOW, t.ORDER, t.LIMIT, t.OFFSET, t.FETCH, t.UNION, t.INTERSECT, t.EXCEPT, t.RETURNING],
]

export const CONCERNS: Uint8Array = concerns()
/** After which tokens a relation's name may follow: 1 always, 2 in a FROM list. */
export const BEFORE_RELATION: Uint8Array = beforeRelation()

/** What may stand before the parenthesis of a CTE's body, or of the query of COPY. */
export const BEGINS_BODY: ReadonlySet<number> = new Set([t.AS, t.MATERIALIZED, t.COPY])

/** Behind which tokens, besides an operand, such words may introduce an operand. A type's words end an operand too. */
export const BEFORE_PREFIX: ReadonlySet<number> = new Set([t.FETCH, t.BY, t.ZONE, t.COLUMN_WORD, t.PREFIX_WORD])
export const BEFORE_LEADING: ReadonlySet<number> = new Set([t.OPEN, t.ZONE, t.COLUMN_WORD, t.PREFIX_WORD])

/** Where an item of GROUP BY begins. */
export const BEFORE_GROUPING_ITEM: ReadonlySet<number> = new Set([t.BY, t.OPEN, t.COMMA, t.DISTINCT, t.ALL])

/** Behind AS and `::` every word is a label or a type; only CTEs go on with words of their own. */
export function labelled(token: number): number {
  return token === t.MATERIALIZED || token === t.NOT ? token : t.IDENTIFIER
}

export function isNameToken(token: number): boolean {
  return CONCERNS[token] === NAME || CONCERNS[token] === KEYWORD
}

function concerns(): Uint8Array {
  const table = new Uint8Array(t.TOKENS).fill(NAME, t.FIRST_WORD)
  for (const token of [t.IDENTIFIER, t.QUOTED_IDENTIFIER, t.UNICODE_IDENTIFIER]) table[token] = NAME
  for (const token of [t.OPEN, t.CLOSE]) table[token] = PARENTHESIS
  for (const token of [t.SEMICOLON, t.END, t.BAD]) table[token] = STOPS
  table[t.OPEN_BRACKET] = BRACKET
  for (const token of [...TURNING_WORDS, ...CLAUSE_WORDS]) table[token] = KEYWORD
  return table
}

function beforeRelation(): Uint8Array {
  const table = new Uint8Array(t.TOKENS)
  for (const token of [t.FROM, t.JOIN, t.ONLY, t.TABLE, t.INTO, t.USING]) table[token] = 1
  for (const token of [t.COMMA, t.OPEN]) table[token] = 2
  return table
}
