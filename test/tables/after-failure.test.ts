import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Outcome } from '../../src/base/errors.js'
import type { Failure } from '../../src/model/judgement.js'
import { type Attempt, afterFailure, type NextStep, outcomeAfter } from '../../src/routing/after-failure.js'

const NEITHER = { atomic: false, idempotent: false }
const readOnReplica: Attempt = { need: 'replica', role: 'replica', repeatable: true, ...NEITHER }
const oddReadOnReplica: Attempt = { need: 'replica', role: 'replica', repeatable: false, ...NEITHER }
const readOnPrimary: Attempt = { need: 'primary', role: 'primary', repeatable: true, ...NEITHER }
const write: Attempt = { need: 'primary', role: 'primary', repeatable: false, ...NEITHER }
const atomic: Attempt = { ...write, atomic: true }
const idempotent: Attempt = { ...write, idempotent: true }
const named: Attempt = { need: 'node', role: 'replica', repeatable: true, ...NEITHER }

const table: readonly [string, Failure, Outcome, Attempt, NextStep][] = [
  ['a replica that refuses a read sends it to the primary', 'refused-by-replica', 'refused', readOnReplica, 'primary'],
  ['so does one that perhaps refuses', 'perhaps-refused-by-replica', 'refused', readOnReplica, 'primary'],
  ['a primary that says 25006 is no primary', 'refused-by-replica', 'refused', write, 'find-primary'],
  ['a primary that says 0A000 means the statement', 'perhaps-refused-by-replica', 'refused', write, 'give-up'],
  ['what a replica does not know, the primary may', 'not-there-yet', 'refused', readOnReplica, 'primary'],
  ['and if that does not either, it is told', 'not-there-yet', 'refused', readOnPrimary, 'give-up'],
  ['a read cancelled by replay runs elsewhere', 'recovery-conflict', 'refused', readOnReplica, 'elsewhere'],
  ['a serialization failure on the primary is the caller’s', 'recovery-conflict', 'refused', write, 'give-up'],
  ['a lost connection repeats a read', 'connection-lost', 'unknown', readOnReplica, 'elsewhere'],
  ['also on the primary, if another node may take it', 'connection-lost', 'unknown', readOnPrimary, 'elsewhere'],
  [
    'a write that the server undid as it left runs on the next primary',
    'connection-lost',
    'refused',
    atomic,
    'find-primary',
  ],
  ['but not one that may have committed in between', 'connection-lost', 'refused', write, 'give-up'],
  ['a read that it ended runs elsewhere', 'connection-lost', 'refused', readOnReplica, 'elsewhere'],
  [
    'a lost connection never repeats a write, all or nothing as it may be',
    'connection-lost',
    'unknown',
    atomic,
    'give-up',
  ],
  ['unless its caller says that twice does no harm', 'connection-lost', 'unknown', idempotent, 'find-primary'],
  ['which is no word on its own errors', 'statement', 'refused', idempotent, 'give-up'],
  ['a lost connection never repeats a write', 'connection-lost', 'unknown', write, 'give-up'],
  ['nor a BEGIN READ ONLY', 'connection-lost', 'unknown', oddReadOnReplica, 'give-up'],
  ['an unreachable replica sends a read elsewhere', 'connect-failed', 'not-sent', readOnReplica, 'elsewhere'],
  ['and a BEGIN READ ONLY too: nothing was sent', 'connect-failed', 'not-sent', oddReadOnReplica, 'elsewhere'],
  ['an unreachable primary is looked for', 'connect-failed', 'not-sent', write, 'find-primary'],
  ['a busy primary is waited for, not looked for', 'pool-exhausted', 'not-sent', write, 'give-up'],
  ['a busy replica sends a read elsewhere', 'pool-exhausted', 'not-sent', readOnReplica, 'elsewhere'],
  ['a choice that no longer holds is made again', 'choice-over', 'not-sent', readOnReplica, 'elsewhere'],
  ['a wrong password on the primary is told', 'misconfigured', 'not-sent', write, 'give-up'],
  ['a statement’s own error is told', 'statement', 'refused', readOnReplica, 'give-up'],
  ['a value that cannot be sent is told', 'statement', 'not-sent', readOnReplica, 'give-up'],
  ['an error nobody knows is told', 'statement', 'unknown', readOnReplica, 'give-up'],
  ['a node the caller named is not replaced', 'connect-failed', 'not-sent', named, 'give-up'],
]

for (const [title, failure, outcome, attempt, step] of table) {
  test(title, () => {
    assert.equal(afterFailure({ failure, outcome }, attempt), step)
  })
}

test('what may commit in between is unknown where the server undid it; what is all or nothing was refused', () => {
  const undone = { failure: 'connection-lost', outcome: 'refused' } as const
  assert.equal(outcomeAfter(undone, write), 'unknown')
  assert.equal(outcomeAfter(undone, atomic), 'refused')
  assert.equal(outcomeAfter(undone, readOnPrimary), 'refused')
  assert.equal(outcomeAfter({ failure: 'statement', outcome: 'refused' }, write), 'refused')
})
