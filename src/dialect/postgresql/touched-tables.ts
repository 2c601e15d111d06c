import type { Classification } from '../../model/intent.js'
import type { Tables } from '../../model/tables.js'
import { Finding } from './finding.js'
import { nameIn } from './names.js'
import { isNameToken } from './query-grammar.js'
import { QueryWalk } from './query-walk.js'
import { Scanner } from './scanner.js'
import * as t from './tokens.js'

type Groups = readonly string[] | undefined

/**
 * The groups of tables that one text touches: those that a read looks at; those that a write changes, or looks at.
 * `undefined`: nobody can tell, which is everything.
 *
 * Understood are plain reads of one or several statements, and one INSERT, UPDATE, DELETE or MERGE whose WITH queries do
 * not write. Every name in the text that some relation bears counts, whatever it stands for there; and every name that
 * stands where a relation may must be known.
 */
export function touchedTables(text: string, found: Classification, tables: Tables): Groups {
  if (found.intent === 'read') {
    return found.reason === 'plain-read' && found.route === 'replica' ? touchedByRead(text, found, tables) : undefined
  }
  return found.reason === 'write' && found.effects.length === 0 ? touchedByWrite(text, tables) : undefined
}

function touchedByRead(text: string, found: Classification, tables: Tables): Groups {
  const names = namesIn(text)
  return isOpen(found, names, tables) ? readBy(names, tables) : undefined
}

function touchedByWrite(text: string, tables: Tables): Groups {
  const scanner = new Scanner(text)
  const target = targetOf(scanner)
  if (target === undefined || !tables.has(target.name)) return undefined
  const finding = new Finding()
  const end = new QueryWalk(scanner, finding, t.IDENTIFIER).walk(target.next)
  if (!isOver(scanner, end)) return undefined
  const rest = finding.classification(undefined)
  const names = namesIn(text)
  if (rest.route !== 'replica' || rest.effects.length > 0 || !isOpen(rest, names, tables)) return undefined
  // ON CONFLICT may update.
  const isNewOnly = target.verb === t.INSERT && !names.all.has('conflict')
  const changed = isNewOnly ? tables.inserts(target.name) : tables.writes(target.name)
  const seen = readBy(names, tables)
  return changed === undefined || seen === undefined ? undefined : [...new Set([...changed, ...seen])]
}

/** Whether nothing is hidden in it: no function that is not built in, no relation that is not known. */
function isOpen(found: Classification, { ctes, callsConflict }: Names, tables: Tables): boolean {
  // `ON CONFLICT (id)` looks like a call.
  if (found.functions.some((name) => name !== 'conflict' || callsConflict)) return false
  if (found.builtIns?.some(hidesRelations) === true) return false
  return found.relations.every((name) => tables.has(name) || ctes.has(name))
}

/** They take a query, the name of a table, or of a file as text. Definitions are nobody's table: see `mayDefine`. */
function hidesRelations(builtIn: string): boolean {
  return /_to_xml|^ts_stat$|^pg_.*_size$|^pg_read_|^pg_ls_|^pg_logical_/.test(builtIn)
}

/** A statement that names no table reads none. */
function readBy({ all }: Names, tables: Tables): Groups {
  const read = new Set<string>()
  for (const name of all) {
    if (!tables.has(name)) continue
    const groups = tables.reads(name)
    if (groups === undefined) return undefined
    for (const group of groups) read.add(group)
  }
  return [...read].sort()
}

interface Target {
  readonly verb: number
  readonly name: string
  /** The token behind it. */
  readonly next: number
}

/** What INSERT, UPDATE, DELETE or MERGE changes. */
function targetOf(scanner: Scanner): Target | undefined {
  const verb = scanner.next()
  if (verb !== t.INSERT && verb !== t.UPDATE && verb !== t.DELETE && verb !== t.MERGE) return undefined
  let token = scanner.next()
  if (verb !== t.UPDATE) {
    if (token !== (verb === t.DELETE ? t.FROM : t.INTO)) return undefined
    token = scanner.next()
  }
  if (token === t.ONLY) token = scanner.next()
  return isNameToken(token) ? { verb, ...readName(scanner) } : undefined
}

/** The dotted name that begins at the scanner's token, and the token behind it. */
function readName(scanner: Scanner): { readonly name: string; readonly next: number } {
  const { start } = scanner
  let { end } = scanner
  let next = scanner.next()
  while (next === t.DOT) {
    next = scanner.next()
    if (!isNameToken(next)) break
    end = scanner.end
    next = scanner.next()
  }
  return { name: nameIn(scanner.text, start, end), next }
}

function isOver(scanner: Scanner, end: number): boolean {
  let token = end
  while (token === t.SEMICOLON) token = scanner.next()
  return token === t.END
}

interface Names {
  /** Every name in the text, by itself and with what stands before its dot. */
  readonly all: ReadonlySet<string>
  /** Those that a WITH clause gives: `name AS (`, `name AS MATERIALIZED (`. */
  readonly ctes: ReadonlySet<string>
  /** `conflict(` stands in it as a function does, not behind ON. */
  readonly callsConflict: boolean
}

function namesIn(text: string): Names {
  const scanner = new Scanner(text)
  const all = new Set<string>()
  const ctes = new Set<string>()
  let callsConflict = false
  let last: number = t.END
  let lastStart = 0
  let lastName = ''
  for (let token = scanner.next(); token !== t.END && token !== t.BAD; token = scanner.next()) {
    if (token === t.AS && lastName !== '' && beginsBody(scanner)) ctes.add(lastName)
    if (isNameToken(token)) {
      const name = nameIn(text, scanner.start, scanner.end)
      all.add(name)
      // `a.b.c` may be a column of `a.b`, or the table `b.c` of a database.
      if (last === t.DOT && lastName !== '') all.add(nameIn(text, lastStart, scanner.end))
      if (name === 'conflict' && last !== t.ON && scanner.fork().next() === t.OPEN) callsConflict = true
      lastStart = scanner.start
      lastName = name
    } else if (token !== t.DOT) lastName = ''
    last = token
  }
  return { all, ctes, callsConflict }
}

/** Behind `AS`. */
function beginsBody(scanner: Scanner): boolean {
  const ahead = scanner.fork()
  let token = ahead.next()
  if (token === t.NOT) token = ahead.next()
  if (token === t.MATERIALIZED) token = ahead.next()
  return token === t.OPEN
}
