import * as t from './tokens.js'

/**
 * PostgreSQL's key words as far as they are not plain names, by the kinds of its grammar. Unreserved key words are
 * identifiers here unless `ROLES` lists them.
 *
 * From `pg_get_keywords()` of PostgreSQL 18; test/contract/classify/keywords.test.ts compares them with each server.
 *
 * @see https://www.postgresql.org/docs/current/sql-keywords-appendix.html
 */
export const RESERVED_WORDS = words(`
  all analyse analyze and any array as asc asymmetric both case cast check collate column constraint create
  current_catalog current_date current_role current_time current_timestamp current_user default deferrable desc
  distinct do else end except false fetch for foreign from grant group having in initially intersect into lateral
  leading limit localtime localtimestamp not null offset on only or order placing primary references returning
  select session_user some symmetric system_user table then to trailing true union unique user using variadic when
  where window with
`)

/** Can name a type or a function, but not a column or a table. */
export const TYPE_WORDS = words(`
  authorization binary collation concurrently cross current_schema freeze full ilike inner is isnull join left
  like natural notnull outer overlaps right similar tablesample verbose
`)

/** Can name a column or a table, but not a type or a function. */
export const COLUMN_WORDS = words(`
  between bigint bit boolean char character coalesce dec decimal exists extract float greatest grouping inout int
  integer interval json json_array json_arrayagg json_exists json_object json_objectagg json_query json_scalar
  json_serialize json_table json_value least merge_action national nchar none normalize nullif numeric out overlay
  position precision real row setof smallint substring time timestamp treat trim values varchar xmlattributes
  xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable
`)

/** Reserved words that are values: in an expression, only an infix word can follow them. */
const RESERVED_VALUES = words(`
  current_catalog current_date current_role current_time current_timestamp current_user false localtime localtimestamp
  null session_user system_user user
`)

/** Unreserved words that may stand before an expression; `tokens.ts` says where. */
const PREFIX_WORDS = words(`
  escape first next passing path ref value
`)

const LEADING_WORDS = words(`
  content document groups range rows
`)

const JOIN_WORDS = words(`
  cross full inner left natural outer right
`)

/** Words that the classifier asks about by number. */
const ROLES: Readonly<Record<string, number>> = {
  abort: t.ABORT,
  all: t.ALL,
  alter: t.ALTER,
  analyse: t.ANALYZE,
  analyze: t.ANALYZE,
  and: t.AND,
  as: t.AS,
  atomic: t.ATOMIC,
  authorization: t.AUTHORIZATION,
  begin: t.BEGIN,
  between: t.BETWEEN,
  by: t.BY,
  call: t.CALL,
  case: t.CASE,
  chain: t.CHAIN,
  characteristics: t.CHARACTERISTICS,
  checkpoint: t.CHECKPOINT,
  close: t.CLOSE_CURSOR,
  cluster: t.CLUSTER,
  comment: t.COMMENT,
  commit: t.COMMIT,
  constraints: t.CONSTRAINTS,
  copy: t.COPY,
  create: t.CREATE,
  cube: t.CUBE_OR_ROLLUP,
  cursor: t.CURSOR,
  deallocate: t.DEALLOCATE,
  declare: t.DECLARE,
  default: t.DEFAULT,
  delete: t.DELETE,
  discard: t.DISCARD,
  distinct: t.DISTINCT,
  do: t.DO,
  drop: t.DROP,
  end: t.END_WORD,
  except: t.EXCEPT,
  execute: t.EXECUTE,
  explain: t.EXPLAIN,
  extract: t.SQL_CALL_WORD,
  fetch: t.FETCH,
  for: t.FOR,
  from: t.FROM,
  function: t.FUNCTION,
  grant: t.GRANT,
  group: t.GROUP,
  having: t.HAVING,
  hold: t.HOLD,
  import: t.IMPORT,
  insert: t.INSERT,
  intersect: t.INTERSECT,
  into: t.INTO,
  isnull: t.POSTFIX_WORD,
  isolation: t.ISOLATION,
  join: t.JOIN,
  key: t.KEY,
  lateral: t.LATERAL,
  limit: t.LIMIT,
  listen: t.LISTEN,
  load: t.LOAD,
  local: t.LOCAL,
  lock: t.LOCK,
  materialized: t.MATERIALIZED,
  merge: t.MERGE,
  move: t.MOVE,
  names: t.NAMES,
  no: t.NO,
  not: t.NOT,
  notify: t.NOTIFY,
  notnull: t.POSTFIX_WORD,
  offset: t.OFFSET,
  on: t.ON,
  only: t.ONLY,
  operator: t.OPERATOR_WORD,
  order: t.ORDER,
  overlay: t.SQL_CALL_WORD,
  plans: t.PLANS,
  prepare: t.PREPARE,
  prepared: t.PREPARED,
  procedure: t.PROCEDURE,
  program: t.PROGRAM,
  read: t.READ,
  reassign: t.REASSIGN,
  recursive: t.RECURSIVE,
  refresh: t.REFRESH,
  reindex: t.REINDEX,
  release: t.RELEASE,
  repack: t.REPACK,
  reset: t.RESET,
  returning: t.RETURNING,
  revoke: t.REVOKE,
  role: t.ROLE,
  rollback: t.ROLLBACK,
  rollup: t.CUBE_OR_ROLLUP,
  savepoint: t.SAVEPOINT,
  schema: t.SCHEMA,
  security: t.SECURITY,
  select: t.SELECT,
  sequences: t.SEQUENCES,
  serializable: t.SERIALIZABLE,
  session: t.SESSION,
  set: t.SET,
  share: t.SHARE,
  show: t.SHOW,
  start: t.START,
  stdin: t.STDOUT,
  stdout: t.STDOUT,
  substring: t.SQL_CALL_WORD,
  table: t.TABLE,
  tablesample: t.TABLESAMPLE,
  temp: t.TEMPORARY,
  temporary: t.TEMPORARY,
  time: t.TIME,
  to: t.TO,
  transaction: t.TRANSACTION,
  trim: t.SQL_CALL_WORD,
  true: t.TRUE,
  truncate: t.TRUNCATE,
  union: t.UNION,
  unlisten: t.UNLISTEN,
  update: t.UPDATE,
  using: t.USING,
  vacuum: t.VACUUM,
  values: t.VALUES,
  verbose: t.VERBOSE,
  version: t.VERSION_WORD,
  wait: t.WAIT,
  where: t.WHERE,
  window: t.WINDOW,
  with: t.WITH,
  without: t.WITHOUT,
  work: t.WORK,
  write: t.WRITE,
  xml: t.XML,
  zone: t.ZONE,
}

/** Every word with a number of its own, and the number. What is missing is an identifier. */
export const KEYWORDS: ReadonlyMap<string, number> = new Map([
  ...numbered(RESERVED_WORDS, t.RESERVED),
  ...numbered(RESERVED_VALUES, t.RESERVED_VALUE),
  ...numbered(TYPE_WORDS, t.TYPE_WORD),
  ...numbered(COLUMN_WORDS, t.COLUMN_WORD),
  ...numbered(JOIN_WORDS, t.JOIN_WORD),
  ...numbered(PREFIX_WORDS, t.PREFIX_WORD),
  ...numbered(LEADING_WORDS, t.LEADING_WORD),
  ...Object.entries(ROLES),
])

/**
 * After which tokens an operand is complete: 1 or 0 by token number.
 *
 * There, a word before a parenthesis is no call: it is an alias with columns, as in `FROM f() t (a, b)`, or an infix
 * word, as in `sum(x) OVER (...)`.
 */
export const ENDS_OPERAND: Uint8Array = endsOperand()

function endsOperand(): Uint8Array {
  const ends = new Uint8Array(t.TOKENS)
  for (const [word, token] of KEYWORDS) {
    const isName = !RESERVED_WORDS.has(word) && !TYPE_WORDS.has(word) && !COLUMN_WORDS.has(word)
    if (isName && token !== t.PREFIX_WORD) ends[token] = 1
  }
  for (const token of [t.BY, t.ZONE, t.RECURSIVE, t.OPERATOR_WORD]) ends[token] = 0
  for (const token of [t.RESERVED_VALUE, t.TRUE, t.END_WORD]) ends[token] = 1
  for (const token of [t.IDENTIFIER, t.QUOTED_IDENTIFIER, t.UNICODE_IDENTIFIER]) ends[token] = 1
  for (const token of [t.STRING, t.NUMBER, t.PARAMETER, t.CLOSE, t.CLOSE_BRACKET]) ends[token] = 1
  return ends
}

/** Which tokens can name a relation: 1 or 0 by token number. */
export const MAY_NAME_RELATION: Uint8Array = mayNameRelation()

function mayNameRelation(): Uint8Array {
  const may = new Uint8Array(t.TOKENS)
  for (const [word, token] of KEYWORDS) {
    if (!RESERVED_WORDS.has(word) && !TYPE_WORDS.has(word)) may[token] = 1
  }
  for (const token of [t.IDENTIFIER, t.QUOTED_IDENTIFIER, t.UNICODE_IDENTIFIER]) may[token] = 1
  return may
}

/** Which words before a parenthesis never are the name of a function: 1 or 0 by token number. */
export const NEVER_CALLED: Uint8Array = neverCalled()

function neverCalled(): Uint8Array {
  const never = new Uint8Array(t.TOKENS)
  for (const [word, token] of KEYWORDS) {
    if (RESERVED_WORDS.has(word) || COLUMN_WORDS.has(word)) never[token] = 1
  }
  never[t.OPERATOR_WORD] = 1
  return never
}

function numbered(list: ReadonlySet<string>, token: number): readonly (readonly [string, number])[] {
  return [...list].map((word) => [word, token])
}

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(/\s+/).filter((word) => word !== ''))
}
