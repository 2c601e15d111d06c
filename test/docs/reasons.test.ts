import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { REASONS } from '../../src/dialect/postgresql/reasons.js'

test('docs/routing.md explains every reason of the classifier', () => {
  const text = readFileSync(join(import.meta.dirname, '../../docs/routing.md'), 'utf8')
  assert.deepEqual(
    Object.keys(REASONS).filter((code) => !text.includes(`\`${code}\``)),
    [],
  )
})
