import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Consistency } from '../../../src/model/consistency.js'
import type { Classification, Destination, Effect, Hint, Intent } from '../../../src/model/intent.js'
import { isRepeatable, levelOf, needOf, type ReadsPinnedTo } from '../../../src/routing/need.js'

function found(
  route: Destination,
  hint?: Hint,
  intent: Intent = 'read',
  effects: readonly Effect[] = [],
): Classification {
  const names = { functions: [], relations: [] }
  return { intent, route, reason: 'plain-read', detail: undefined, at: 0, hint, effects, ...names }
}

function need(
  it: Classification,
  call: Parameters<typeof needOf>[1],
  session: ReadsPinnedTo | undefined,
  level: Consistency = 'session',
): string {
  const { to, node, reason } = needOf(it, call, session, level)
  return `${node ?? to}: ${reason}`
}

const READ = found('replica')
const WRITE = found('primary')
const SET = found('all')
const WROTE: ReadsPinnedTo = { to: 'primary', because: 'wrote' }
const PINNED: ReadsPinnedTo = { to: 'primary', because: 'pinned' }
const NAMED: ReadsPinnedTo = { to: { node: 'r1' }, because: 'pinned' }

describe('where a statement needs to go', () => {
  for (const [what, actual, expected] of [
    ['a read goes to a replica', need(READ, undefined, undefined), 'replica: read'],
    ['a write goes to the primary', need(WRITE, undefined, undefined), 'primary: write'],
    ['a setting goes where the session reads', need(SET, undefined, undefined), 'replica: session-state'],
    ['a read of a session that wrote goes to the primary', need(READ, undefined, WROTE), 'primary: session-wrote'],
    ['a read of a pinned session goes where it is pinned', need(READ, undefined, PINNED), 'primary: session-pinned'],
    ['… to its node too', need(READ, undefined, NAMED), 'r1: session-pinned'],
    ['… and so does a setting', need(SET, undefined, NAMED), 'r1: session-pinned'],
    ['a write of a pinned session goes to the primary all the same', need(WRITE, undefined, NAMED), 'primary: write'],
    ['a hint beats the session', need(found('replica', { to: 'replica' }), undefined, WROTE), 'replica: hint'],
    ['a hint beats the statement', need(found('primary', { to: 'node', node: 'r2' }), undefined, NAMED), 'r2: hint'],
    ['the call beats the hint', need(found('replica', { to: 'primary' }), 'replica', WROTE), 'replica: call'],
    ['a strong read goes to the primary', need(READ, undefined, undefined, 'strong'), 'primary: strong'],
    ['a setting does not, whatever the level', need(SET, undefined, undefined, 'strong'), 'replica: session-state'],
    ['a pin beats the level', need(READ, undefined, NAMED, 'strong'), 'r1: session-pinned'],
    ["a reader's statement is a read", need(WRITE, 'reader', undefined), 'replica: call'],
    [
      "a reader's read of a pinned session goes where it is pinned",
      need(READ, 'reader', PINNED),
      'primary: session-pinned',
    ],
    ['the call may name a node', need(READ, { node: 'r3' }, PINNED), 'r3: call'],
  ] as const) {
    test(what, () => assert.equal(actual, expected))
  }
})

test('a read that leaves nothing behind may run twice, and what only sets', () => {
  const set = { kind: 'set', name: 'timezone' } as const
  assert.equal(isRepeatable(found('all', undefined, 'session', [set, { kind: 'reset', name: undefined }])), true)
  assert.equal(isRepeatable(found('primary', undefined, 'session', [set, { kind: 'listen' }])), false)
  assert.equal(isRepeatable(READ), true)
  assert.equal(isRepeatable(found('primary', undefined, 'write')), false)
  assert.equal(isRepeatable(found('replica', undefined, 'read', [{ kind: 'needs-connection' }])), false)
})

describe('what a read may miss', () => {
  const level = (route: Parameters<typeof needOf>[1], call?: Consistency, session?: Consistency) =>
    levelOf(needOf(READ, route, undefined, 'session'), call, route === 'reader', session, 'session')

  for (const [what, actual, expected] of [
    ['what the pool says', level(undefined), 'session'],
    ['what its session says', level(undefined, undefined, 'eventual'), 'eventual'],
    ['what its call says', level(undefined, 'strong', 'eventual'), 'strong'],
    ['anything, on a replica that its call asks for', level('replica', undefined, 'session'), 'eventual'],
    ['not there either, if the call says so', level('replica', 'session', undefined), 'session'],
    ['what its session says, in a view for reading', level('reader', undefined, 'session'), 'session'],
  ] as const) {
    test(what, () => assert.equal(actual, expected))
  }
})
