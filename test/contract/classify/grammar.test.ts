import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import fc from 'fast-check'
import { loadModule } from 'libpg-query'
import { classify } from '../../../src/dialect/postgresql/classify.js'
import { functionOf, NO_BUILT_IN, wordSpelled } from '../../../src/dialect/postgresql/words.js'
import { type ParserFacts, parserFacts } from './parser-facts.js'
import { RandomSql, randomFrom } from './random-sql.js'

before(() => loadModule())

/** Far more were tried while the classifier was written; this many still find each mistake that was made then. */
const RUNS = 4000

/** The parser turns syntax into calls of these, which the text does not name. */
const WRITTEN_BY_PARSER = new Set(['like_escape', 'similar_to_escape', 'int4', 'xmlexists'])

test('random statements mean to us what they mean to the parser of PostgreSQL', () => {
  let understood = 0
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const sql = new RandomSql(randomFrom(seed)).statement()
      const facts = sql.length < 2000 ? parserFacts(sql) : undefined
      if (facts === undefined) return
      understood++
      compare(sql, facts)
    }),
    { numRuns: RUNS },
  )
  assert.ok(understood > RUNS / 4, `the parser took only ${understood} of ${RUNS}`)
})

/** Where we are not sure we say so, and nothing more: that costs a replica some work, and never a user. */
function compare(sql: string, facts: ParserFacts): void {
  const found = classify(sql)
  if (found.reason === 'not-classified') return
  if (!facts.isPlainRead) return assert.notEqual(found.route, 'replica', sql)
  for (const relation of facts.relations) {
    if (!isTarget(sql)) assert.ok(found.relations.includes(relation), `${relation} is read by ${sql}`)
  }
  if (facts.isPlanOnly) return
  for (const name of facts.functions) {
    if (WRITTEN_BY_PARSER.has(name.replace('pg_catalog.', ''))) continue
    const seen = (isBuiltIn(name) ? found.builtIns : found.functions) ?? []
    assert.ok(seen.includes(isBuiltIn(name) ? withoutCatalogue(name) : name), `${name} is called by ${sql}`)
  }
}

/** In a plan of a writing CTE, its target is a relation to the parser, but nobody reads it. */
function isTarget(sql: string): boolean {
  return sql.includes(' of t') || sql.includes('update t') || sql.includes('update only') || sql.includes('into ')
}

function isBuiltIn(name: string): boolean {
  const local = withoutCatalogue(name)
  return !local.includes('.') && functionOf(wordSpelled(local)) !== NO_BUILT_IN
}

function withoutCatalogue(name: string): string {
  return name.startsWith('pg_catalog.') ? name.slice('pg_catalog.'.length) : name
}

test('what the parser calls a plain read is one to us, but for a few in ten thousand', () => {
  let plain = 0
  const doubted: string[] = []
  for (let seed = 0; seed < RUNS; seed++) {
    const sql = new RandomSql(randomFrom(seed)).statement()
    const facts = sql.length < 2000 ? parserFacts(sql) : undefined
    if (facts?.isPlainRead !== true) continue
    plain++
    const found = classify(sql)
    const extra = found.functions.filter((name) => !facts.functions.has(name))
    if (found.reason === 'not-classified' || (extra.length > 0 && !facts.isPlanOnly)) doubted.push(sql)
  }
  assert.ok(doubted.length <= plain / 200, `${doubted.length} of ${plain}, such as ${doubted[0]}`)
})
