import assert from 'node:assert/strict'
import { test } from 'node:test'
import { classify } from '../../../src/dialect/postgresql/classify.js'
import { resolve } from '../../../src/dialect/postgresql/resolve.js'
import type { Catalogue } from '../../../src/model/intent.js'
import { GROUPS } from './groups.js'

/** What the catalogue would say of the schema of these tables; the contract test asks a server instead. */
const VOLATILE = new Set(['writes', 'public.writes'])
const HARMLESS = new Set(['harmless', 'public.harmless', 'price', 'shop.price'])
const UNREADABLE = new Set(
  ['scratchpad', 'peeks', 'peeks_again', 'counted', 'draws', 'locks', 'parent', 'child'].flatMap((it) => [
    it,
    `public.${it}`,
  ]),
)
const catalogue: Catalogue = {
  version: 1,
  functionVolatility: (name) => (VOLATILE.has(name) ? 'volatile' : HARMLESS.has(name) ? 'harmless' : 'unknown'),
  needsPrimary: (relation) => UNREADABLE.has(relation),
}
const NO_LISTS = {
  readFunctions: new Set<string>(),
  writeFunctions: new Set<string>(),
  primaryTables: new Set<string>(),
}

for (const { title, route, intent, reason, detail, texts } of GROUPS) {
  for (const text of texts) {
    test(`${title}: ${JSON.stringify(text)} goes to ${route}, ${reason}`, () => {
      const found = resolve(classify(text), catalogue, NO_LISTS)
      assert.deepEqual({ route: found.route, intent: found.intent, reason: found.reason }, { route, intent, reason })
      if (detail !== undefined) assert.equal(found.detail, detail)
    })
  }
}

test('no text is in two groups', () => {
  const seen = new Set<string>()
  const twice = GROUPS.flatMap((group) => group.texts).filter((text) => seen.size === seen.add(text).size)
  assert.deepEqual(twice, [])
})
