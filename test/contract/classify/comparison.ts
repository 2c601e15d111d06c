import assert from 'node:assert/strict'
import { classify } from '../../../src/dialect/postgresql/classify.js'
import { functionOf, NO_BUILT_IN, wordSpelled } from '../../../src/dialect/postgresql/words.js'
import { type ParserFacts, parserFacts } from './parser-facts.js'
import { RandomSql, randomFrom } from './random-sql.js'

/** Longer statements say nothing new, and take the parser long. */
const LONGEST = 2000

/** The parser turns syntax into calls of these, which the text does not name. */
const WRITTEN_BY_PARSER = new Set(['like_escape', 'similar_to_escape', 'int4', 'xmlexists'])

/** The random statement of this number. Neighbours are spread, because the generator begins alike for like numbers. */
export function statementOf(seed: number): string {
  return new RandomSql(randomFrom(Math.imul(seed, 0x9e3779b1))).statement()
}

/** `undefined`: the parser refuses the statement, or it is too long. */
export function factsOf(sql: string): ParserFacts | undefined {
  return sql.length < LONGEST ? parserFacts(sql) : undefined
}

/** Where we are not sure we say so, and nothing more: that costs a replica some work, and never a user. */
export function compare(sql: string, facts: ParserFacts): void {
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

/** Whether a plain read is doubted, or said to call what it does not call. */
export function isDoubted(sql: string, facts: ParserFacts): boolean {
  const found = classify(sql)
  const extra = found.functions.filter((name) => !facts.functions.has(name))
  return found.reason === 'not-classified' || (extra.length > 0 && !facts.isPlanOnly)
}

/** In a plan of a writing CTE, its target is a relation to the parser, but nobody reads it. */
function isTarget(sql: string): boolean {
  return sql.includes(' of t') || sql.includes('update t') || sql.includes('update only') || sql.includes('into ')
}

export function isBuiltIn(name: string): boolean {
  const local = withoutCatalogue(name)
  return !local.includes('.') && functionOf(wordSpelled(local)) !== NO_BUILT_IN
}

function withoutCatalogue(name: string): string {
  return name.startsWith('pg_catalog.') ? name.slice('pg_catalog.'.length) : name
}
