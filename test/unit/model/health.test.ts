import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canServe, canStep, HEALTH_STEPS, type Health } from '../../../src/model/health.js'

const STATES = Object.keys(HEALTH_STEPS) as Health['state'][]

for (const from of STATES) {
  test(`from ${from} a node's health can go to ${HEALTH_STEPS[from].join(', ')}, and nowhere else`, () => {
    assert.deepEqual(
      STATES.filter((to) => canStep(from, to)),
      STATES.filter((to) => HEALTH_STEPS[from].includes(to)),
    )
  })
}

test('every state can be reached, and left', () => {
  for (const state of STATES) {
    assert.ok(state === 'unknown' || STATES.some((from) => canStep(from, state)), state)
    assert.ok(
      STATES.some((to) => canStep(state, to)),
      state,
    )
  }
})

test('a node that was down serves only after a probe has found it up', () => {
  assert.deepEqual(HEALTH_STEPS.down, ['probing', 'draining'])
})

test('only nodes that are up, or were never asked, take work', () => {
  const cause = new Error('refused')
  const all: readonly Health[] = [
    { state: 'unknown' },
    { state: 'up' },
    { state: 'draining' },
    { state: 'down', sinceMs: 0, failures: 1, cause },
    { state: 'probing', sinceMs: 0, failures: 1, cause },
  ]

  assert.deepEqual(
    all.filter(canServe).map((it) => it.state),
    ['unknown', 'up'],
  )
})
