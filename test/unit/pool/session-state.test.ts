import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Effect } from '../../../src/model/intent.js'
import {
  afterFailedStatement,
  afterStatement,
  afterTransaction,
  effectsAsTold,
  FRESH,
  type SessionState,
} from '../../../src/pool/pg/session-state.js'
import { undoing } from '../../../src/pool/pg/undo.js'

const statement = (text: string) => ({ config: text, values: undefined })
const ran = (state: SessionState, text: string, ...effects: Effect[]) => afterStatement(state, effects, statement(text))
const baseline = { settings: [], role: 'none' }

test('a setting is kept for replay and holds nothing', () => {
  const state = ran(FRESH, 'set a = 1', { kind: 'set', name: 'a' })
  assert.deepEqual(state.settings, [statement('set a = 1')])
  assert.equal(state.held.size, 0)
})

test('RESET ALL leaves nothing to replay', () => {
  const state = ran(ran(FRESH, 'set a = 1', { kind: 'set', name: 'a' }), 'reset all', {
    kind: 'reset',
    name: undefined,
  })
  assert.deepEqual(state.settings, [])
})

test('a rollback forgets the settings of its transaction', () => {
  const before = ran(FRESH, 'set a = 1', { kind: 'set', name: 'a' })
  const begun = ran(before, 'begin', { kind: 'begin', readOnly: false, serializable: false })
  const inside = ran(begun, 'set b = 2', { kind: 'set', name: 'b' })
  assert.deepEqual(ran(inside, 'rollback', { kind: 'rollback', chain: false }).settings, before.settings)
  assert.deepEqual(afterTransaction(inside, 'committed').settings.length, 2)
})

test('a savepoint rolled back after a setting holds the client: its settings cannot be told', () => {
  const begun = ran(FRESH, 'begin', { kind: 'begin', readOnly: false, serializable: false })
  const plain = ran(begun, 'rollback to a', { kind: 'rollback-to-savepoint' })
  assert.equal(plain.held.size, 0)
  const set = ran(begun, 'set b = 2', { kind: 'set', name: 'b' })
  assert.ok(ran(set, 'rollback to a', { kind: 'rollback-to-savepoint' }).held.has('mixed-settings'))
})

const holders: readonly [Effect, string][] = [
  [{ kind: 'temporary-object' }, 'DISCARD TEMP'],
  [{ kind: 'listen' }, 'UNLISTEN *'],
  [{ kind: 'advisory-lock' }, 'SELECT pg_catalog.pg_advisory_unlock_all()'],
  [{ kind: 'declare-cursor', hold: true }, 'CLOSE ALL'],
  [{ kind: 'prepare', name: 'p"1' }, 'DEALLOCATE "p""1"'],
]
for (const [effect, text] of holders) {
  test(`${effect.kind} holds the client to its connection and is undone by ${text}`, () => {
    const state = ran(FRESH, 'x', effect)
    assert.equal(state.held.size, 1)
    assert.equal(undoing(state, false, baseline).text, text)
  })
}

test('an open transaction is rolled back first', () => {
  assert.equal(undoing(FRESH, true, undefined).text, 'ROLLBACK')
  assert.equal(undoing(FRESH, false, undefined).text, undefined)
})

test('settings return to what the connection had before anybody used it', () => {
  const state = ran(FRESH, 'set a = 1', { kind: 'set', name: 'a' })
  const known = { settings: [{ name: 'search_path', value: "it's \\ here" }], role: 'app' }
  const text = undoing(state, false, known).text ?? ''
  assert.match(
    text,
    /RESET ALL; SELECT pg_catalog\.set_config\('search_path', E'it''s \\\\ here', false\); SET ROLE "app"$/,
  )
})

test('a connection whose first setting came inside a transaction is closed, because nobody knows what it had', () => {
  assert.equal(undoing(ran(FRESH, 'set a = 1', { kind: 'set', name: 'a' }), false, undefined).mustClose, true)
})

test('DISCARD ALL costs the connection: the driver’s prepared statements are gone and it does not know', () => {
  assert.equal(undoing(ran(FRESH, 'discard all', { kind: 'discard', what: 'all' }), false, baseline).mustClose, true)
})

test('COMMIT that answers ROLLBACK was one', () => {
  const commit: Effect = { kind: 'commit', chain: true }
  assert.deepEqual(effectsAsTold([commit], ['COMMIT']), [commit])
  assert.deepEqual(effectsAsTold([commit], ['ROLLBACK']), [{ kind: 'rollback', chain: true }])
  const both: Effect[] = [{ kind: 'rollback-to-savepoint' }, commit]
  assert.deepEqual(effectsAsTold(both, ['ROLLBACK', 'COMMIT']), both)
})

test('AND CHAIN begins the next transaction with the settings of now', () => {
  const begun = ran(FRESH, 'begin', { kind: 'begin', readOnly: false, serializable: false })
  const kept = ran(ran(begun, 'set a = 1', { kind: 'set', name: 'a' }), 'commit', { kind: 'commit', chain: true })
  const lost = ran(ran(kept, 'set b = 2', { kind: 'set', name: 'b' }), 'rollback', { kind: 'rollback', chain: false })
  assert.deepEqual(lost.settings, [statement('set a = 1')])
})

test('what no rollback takes back is undone after a statement that failed', () => {
  const locked = afterFailedStatement(FRESH, [{ kind: 'advisory-lock' }])
  assert.equal(undoing(locked, false, baseline).text, 'SELECT pg_catalog.pg_advisory_unlock_all()')
  assert.equal(undoing(afterFailedStatement(FRESH, [{ kind: 'prepare', name: 'p' }]), false, baseline).mustClose, true)
  assert.equal(afterFailedStatement(FRESH, [{ kind: 'temporary-object' }]), FRESH)
})
