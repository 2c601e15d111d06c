import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { loadModule } from 'libpg-query'
import { classify } from '../../../src/dialect/postgresql/classify.js'
import { touchedTables } from '../../../src/dialect/postgresql/touched-tables.js'
import type { Tables } from '../../../src/model/tables.js'
import { isBuiltIn, statementOf } from './comparison.js'
import { type ParserNames, parserNames } from './parser-facts.js'

before(() => loadModule())

const RUNS = 6000
const LONGEST = 1500
/** Each random query by itself, and inside what writes. */
const SHAPES: readonly ((sql: string) => string)[] = [
  (sql) => sql,
  (sql) => `insert into target ${sql}`,
  (sql) => `insert into target (a) values (1) on conflict (a) do update set b = (${sql}) returning *`,
  (sql) => `update only "target" set a = (${sql}) from other`,
  (sql) => `delete from s.target using other where exists (${sql})`,
  (sql) => `merge into target as x using (${sql}) y on true when matched then update set a = 1`,
]

/** Every relation of these names is a table by itself. */
function tablesOf(names: ReadonlySet<string>): Tables {
  const own = (name: string) => (names.has(name) ? [name] : undefined)
  return { has: (name) => names.has(name), reads: own, inserts: own, writes: own }
}

const touched = (sql: string, names: ReadonlySet<string>) => touchedTables(sql, classify(sql), tablesOf(names))

/** Tables that only a WITH query could be meant by are not looked for. */
function namesOf(found: ParserNames): readonly string[] {
  return [...found.relations].filter((name) => !found.ctes.has(name))
}

for (const [index, shape] of SHAPES.entries()) {
  test(`every relation that PostgreSQL's parser finds is touched: ${shape('…')}`, () => {
    let understood = 0
    for (let seed = index * RUNS; seed < (index + 1) * RUNS; seed++) {
      const sql = shape(statementOf(seed))
      const found = sql.length < LONGEST ? parserNames(sql) : undefined
      if (found !== undefined && check(sql, found)) understood++
    }
    assert.ok(understood > RUNS / 50, `only ${understood} of ${RUNS} were understood`)
  })
}

/** @returns whether the statement was understood at all. */
function check(sql: string, found: ParserNames): boolean {
  const names = namesOf(found)
  const all = new Set(names)
  const groups = touched(sql, all)
  if (groups === undefined) return false
  for (const name of names) {
    assert.ok(groups.includes(name), `${name} is touched by ${sql}`)
    assert.equal(touched(sql, without(all, name)), undefined, `${name} is not known, and touched by ${sql}`)
  }
  assert.ok(found.writes <= 1, `there are several writes in ${sql}`)
  for (const name of found.functions) assert.ok(isBuiltIn(name), `${name} is called by ${sql}`)
  return true
}

function without(all: ReadonlySet<string>, name: string): ReadonlySet<string> {
  return new Set([...all].filter((it) => it !== name))
}
