import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadModule } from 'libpg-query'
import { GROUPS } from '../../tables/classify/groups.js'
import { parserFacts } from './parser-facts.js'

await loadModule()

const PLAIN = new Set(['plain-read', 'explain-only', 'copy-out'])
const NOT_PLAIN = new Set(['write', 'writing-cte', 'locking-read', 'select-into', 'copy-in'])

for (const { title, reason, texts } of GROUPS) {
  for (const text of texts) {
    const facts = PLAIN.has(reason) || NOT_PLAIN.has(reason) ? parserFacts(text) : undefined
    if (facts === undefined) continue
    test(`PostgreSQL's parser agrees about ${title}: ${JSON.stringify(text)}`, () => {
      assert.equal(facts.isPlainRead, PLAIN.has(reason))
    })
  }
}

test('what we do not understand, the parser refuses, unless it has no statement', () => {
  const texts = GROUPS.filter((it) => it.reason === 'not-classified').flatMap((it) => it.texts)
  assert.deepEqual(
    texts.filter((it) => !it.includes('\0') && parserFacts(it) !== undefined),
    [],
  )
})
