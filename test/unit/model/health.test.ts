import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { canServe, canStep, HEALTH_STEPS, type Health } from '../../../src/model/health.js'

const STATES = Object.keys(HEALTH_STEPS) as Health['state'][]

test('a node that is down comes up only by being probed', () => {
  assert.equal(canStep('down', 'up'), false)
  assert.equal(canStep('down', 'probing'), true)
  assert.equal(canStep('probing', 'up'), true)
})

test('every state can be left, and reached', () => {
  for (const state of STATES) {
    assert.ok(HEALTH_STEPS[state].length > 0, state)
    assert.ok(state === 'unknown' || STATES.some((from) => canStep(from, state)), state)
  }
})

test('only nodes that are up, or not yet known, get work', () => {
  const known = { sinceMs: 0, failures: 1, cause: new Error('x') }
  assert.equal(canServe({ state: 'up' }), true)
  assert.equal(canServe({ state: 'unknown' }), true)
  assert.equal(canServe({ state: 'draining' }), false)
  assert.equal(canServe({ state: 'down', ...known }), false)
  assert.equal(canServe({ state: 'probing', ...known }), false)
})

test('docs/health.md names every state', () => {
  const text = readFileSync(join(import.meta.dirname, '../../../docs/health.md'), 'utf8')
  for (const state of STATES) assert.ok(text.includes(state), state)
})
