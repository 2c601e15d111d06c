import { parseSync } from 'libpg-query'

type Tree = Readonly<Record<string, unknown>>

/** What PostgreSQL's own parser knows of a text of one statement. */
export interface ParserFacts {
  /** Nothing in the tree writes, locks, or creates. It says nothing of functions. */
  readonly isPlainRead: boolean
  /** `EXPLAIN` that does not execute. */
  readonly isPlanOnly: boolean
  /** Called by name, as `name` or `schema.name`. */
  readonly functions: ReadonlySet<string>
  /** Read by name; not the targets of what writes. */
  readonly relations: ReadonlySet<string>
}

/** What makes a query more than a read, wherever in the tree it stands. */
const WRITING: ReadonlySet<string> = new Set([
  'InsertStmt',
  'UpdateStmt',
  'DeleteStmt',
  'MergeStmt',
  'LockingClause',
  'intoClause',
])

/** `undefined`: the parser refuses the text, or it has another number of statements than one. */
export function parserFacts(sql: string): ParserFacts | undefined {
  const statements = statementsOf(sql)
  if (statements?.length !== 1) return undefined
  const { statement, isPlanOnly } = withoutExplain((statements[0] as { stmt: Tree }).stmt)
  const query = queryOf(statement)
  const copy = statement['CopyStmt'] as Tree | undefined
  const copiesTable = copy !== undefined && copy['query'] === undefined && isToClient(copy)
  const functions = new Set<string>()
  const relations = new Set<string>()
  let writes = query === undefined && !copiesTable
  walk(query ?? statement, (key, node) => {
    if (WRITING.has(key)) writes = true
    if (key === 'FuncCall' && node['funcformat'] === 'COERCE_EXPLICIT_CALL') functions.add(nameOf(node['funcname']))
    if (key === 'RangeVar') relations.add(relationOf(node))
    return !WRITING.has(key)
  })
  return { isPlainRead: isPlanOnly || !writes, isPlanOnly, functions, relations }
}

/** All that one statement names, wherever in the tree. */
export interface ParserNames {
  readonly relations: ReadonlySet<string>
  readonly ctes: ReadonlySet<string>
  readonly functions: ReadonlySet<string>
  /** How many parts of it write. */
  readonly writes: number
}

/** `undefined`: the parser refuses the text, or it is not one query, insert, update, delete or merge. */
export function parserNames(sql: string): ParserNames | undefined {
  const statements = statementsOf(sql)
  const statement = statements?.length === 1 ? (statements[0] as { stmt: Tree }).stmt : undefined
  if (statement === undefined || !TOUCHING.some((kind) => statement[kind] !== undefined)) return undefined
  const [relations, ctes, functions] = [new Set<string>(), new Set<string>(), new Set<string>()]
  let writes = 0
  walk(statement, (key, node) => {
    if (WRITING.has(key)) writes++
    if (key === 'FuncCall' && node['funcformat'] === 'COERCE_EXPLICIT_CALL') functions.add(nameOf(node['funcname']))
    if (key === 'CommonTableExpr') ctes.add(node['ctename'] as string)
    // An insert, update, delete or merge names its target without a key of this name.
    if (key === 'RangeVar' || (key === 'relation' && 'relname' in node)) relations.add(relationOf(node))
    return true
  })
  return { relations, ctes, functions, writes }
}

const TOUCHING = ['SelectStmt', 'InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt'] as const

function statementsOf(sql: string): readonly unknown[] | undefined {
  try {
    return (parseSync(sql) as { stmts?: unknown[] }).stmts ?? []
  } catch {
    return undefined
  }
}

function withoutExplain(statement: Tree): { readonly statement: Tree; readonly isPlanOnly: boolean } {
  const explain = statement['ExplainStmt'] as Tree | undefined
  if (explain === undefined) return { statement, isPlanOnly: false }
  const options = (explain['options'] ?? []) as { DefElem: { defname: string; arg?: Tree } }[]
  const analyze = options.findLast((it) => it.DefElem.defname === 'analyze')
  const isPlanOnly = analyze === undefined || isFalse(analyze.DefElem.arg)
  return { statement: explain['query'] as Tree, isPlanOnly }
}

function isFalse(value: Tree | undefined): boolean {
  if (value === undefined) return false
  const { Integer: whole, String: word } = value as { Integer?: { ival?: number }; String?: { sval?: string } }
  if (whole !== undefined) return whole.ival !== 1
  return ['false', 'off'].includes(word?.sval?.toLowerCase() ?? '')
}

/** The query that a statement reads with; `undefined` when it is none. */
function queryOf(statement: Tree): Tree | undefined {
  const copy = statement['CopyStmt'] as Tree | undefined
  if (copy !== undefined && !isToClient(copy)) return undefined
  const query = (copy?.['query'] as Tree | undefined) ?? statement
  return query['SelectStmt'] === undefined ? undefined : query
}

function isToClient(copy: Tree): boolean {
  return copy['is_from'] !== true && copy['is_program'] !== true && copy['filename'] === undefined
}

/** @param see returns whether to go on below. */
function walk(node: unknown, see: (key: string, node: Tree) => boolean): void {
  const open: unknown[] = [node]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (Array.isArray(next)) open.push(...next)
    else if (typeof next === 'object' && next !== null) {
      for (const [key, value] of Object.entries(next)) if (see(key, value as Tree)) open.push(value)
    }
  }
}

function nameOf(parts: unknown): string {
  const names = (parts as { String: { sval: string } }[]).map((it) => it.String.sval)
  return names.slice(-2).join('.')
}

function relationOf(node: Tree): string {
  const { schemaname, relname } = node as { schemaname?: string; relname: string }
  return schemaname === undefined ? relname : `${schemaname}.${relname}`
}
