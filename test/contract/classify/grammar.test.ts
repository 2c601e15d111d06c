import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { loadModule } from 'libpg-query'
import { compare, factsOf, isDoubted, statementOf } from './comparison.js'

before(() => loadModule())

/** Always the same ones. `npm run fuzz:classify` tries as many others as you like. */
const RUNS = 4000

test('random statements mean to us what they mean to the parser of PostgreSQL', () => {
  let understood = 0
  for (let seed = 0; seed < RUNS; seed++) {
    const sql = statementOf(seed)
    const facts = factsOf(sql)
    if (facts === undefined) continue
    understood++
    compare(sql, facts)
  }
  assert.ok(understood > RUNS / 4, `the parser took only ${understood} of ${RUNS}`)
})

test('what the parser calls a plain read is one to us, but for a few in ten thousand', () => {
  let plain = 0
  const doubted: string[] = []
  for (let seed = 0; seed < RUNS; seed++) {
    const sql = statementOf(seed)
    const facts = factsOf(sql)
    if (facts?.isPlainRead !== true) continue
    plain++
    if (isDoubted(sql, facts)) doubted.push(sql)
  }
  assert.ok(doubted.length <= plain / 200, `${doubted.length} of ${plain}, such as ${doubted[0]}`)
})
