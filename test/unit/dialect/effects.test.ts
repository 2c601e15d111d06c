import assert from 'node:assert/strict'
import { test } from 'node:test'
import { classify } from '../../../src/dialect/postgresql/classify.js'
import type { Effect } from '../../../src/model/intent.js'

const NEEDS_CONNECTION: Effect = { kind: 'needs-connection' }
const TEMPORARY: Effect = { kind: 'temporary-object' }
const begin = (readOnly: boolean, serializable: boolean): Effect => ({ kind: 'begin', readOnly, serializable })

/** What each text leaves in its session, in the order of the text. */
const EFFECTS: readonly (readonly [string, readonly Effect[]])[] = [
  ['select 1', []],
  ['insert into t values (1)', []],
  ['begin', [begin(false, false)]],
  ['start transaction read only', [begin(true, false)]],
  ['begin isolation level serializable', [begin(false, true)]],
  ['begin isolation level serializable read only deferrable', [begin(true, true)]],
  ['begin read only, read write', [begin(false, false)]],
  ['commit', [{ kind: 'commit', chain: false }]],
  ['end and chain', [{ kind: 'commit', chain: true }]],
  ['commit and no chain', [{ kind: 'commit', chain: false }]],
  ['abort', [{ kind: 'rollback', chain: false }]],
  ['rollback work and chain', [{ kind: 'rollback', chain: true }]],
  ['rollback to savepoint a', [{ kind: 'rollback-to-savepoint' }]],
  ['rollback to a', [{ kind: 'rollback-to-savepoint' }]],
  ['savepoint a', []],
  ['release a', []],
  ["prepare transaction 'x'", [{ kind: 'commit', chain: false }]],
  ["commit prepared 'x'", []],
  ['set transaction isolation level serializable', [{ kind: 'set-transaction' }]],
  ['set transaction_read_only = on', [{ kind: 'set-transaction' }]],
  ['set local work_mem = 1', []],
  ['set constraints all deferred', []],
  ['set work_mem = 1', [{ kind: 'set', name: 'work_mem' }]],
  ['set session Work_Mem to 1', [{ kind: 'set', name: 'work_mem' }]],
  ['set app.user_id = 7', [{ kind: 'set', name: 'app.user_id' }]],
  ["set time zone 'utc'", [{ kind: 'set', name: 'timezone' }]],
  ['set role app', [{ kind: 'set', name: 'role' }]],
  ['set session authorization app', [{ kind: 'set', name: 'session_authorization' }]],
  ["set names 'utf8'", [{ kind: 'set', name: 'client_encoding' }]],
  ["set schema 'a'", [{ kind: 'set', name: 'search_path' }]],
  ['set work_mem to default', [{ kind: 'reset', name: 'work_mem' }]],
  ['reset work_mem', [{ kind: 'reset', name: 'work_mem' }]],
  ['reset all', [{ kind: 'reset', name: undefined }]],
  ['reset session authorization', [{ kind: 'reset', name: 'session_authorization' }]],
  [
    "set default_transaction_isolation = 'serializable'",
    [{ kind: 'set', name: 'default_transaction_isolation' }, NEEDS_CONNECTION],
  ],
  ["select set_config('App.Name', 'x', false)", [{ kind: 'set', name: 'app.name' }]],
  ["select set_config('app.name', 'x', true)", []],
  ['select set_config($1, $2, $3)', [{ kind: 'set', name: '' }]],
  ["select set_config('a', set_config('b', 'c', true), false)", [{ kind: 'set', name: 'a' }]],
  ["explain select set_config('a', 'b', false)", []],
  ['prepare "My P" (int) as select $1', [{ kind: 'prepare', name: 'My P' }]],
  ['prepare P as select 1', [{ kind: 'prepare', name: 'p' }]],
  ['execute p', [{ kind: 'runs-kept' }]],
  ['fetch 10 from c', [{ kind: 'runs-kept' }]],
  ['move 10 in c', [{ kind: 'runs-kept' }]],
  ['close c', []],
  ['deallocate p', [{ kind: 'deallocate', name: 'p' }]],
  ['deallocate prepare all', [{ kind: 'deallocate', name: undefined }]],
  ['declare c cursor for select 1', [{ kind: 'declare-cursor', hold: false }]],
  ['declare c cursor with hold for select 1', [{ kind: 'declare-cursor', hold: true }]],
  ['declare c cursor without hold for select 1', [{ kind: 'declare-cursor', hold: false }]],
  ['listen a', [{ kind: 'listen' }]],
  ['unlisten *', [{ kind: 'unlisten' }]],
  ['notify a', []],
  ['create temp table t (a int)', [TEMPORARY]],
  ['create table pg_temp.t (a int)', [TEMPORARY]],
  ['select 1 into temp t', [TEMPORARY]],
  ['create table t (a int)', []],
  ['select pg_advisory_lock(1)', [{ kind: 'advisory-lock' }]],
  ['select pg_advisory_xact_lock(1)', []],
  ['select pg_advisory_unlock_all()', [{ kind: 'advisory-unlock' }]],
  ['update t set a = 1 where pg_try_advisory_lock(1)', [{ kind: 'advisory-lock' }]],
  ['discard all', [{ kind: 'discard', what: 'all' }]],
  ['discard temporary', [{ kind: 'discard', what: 'temp' }]],
  ['discard plans', [{ kind: 'discard', what: 'plans' }]],
  ['discard sequences', [{ kind: 'discard', what: 'sequences' }]],
  ['select pg_backend_pid()', [NEEDS_CONNECTION]],
  ["select currval('s')", [NEEDS_CONNECTION]],
  ["load 'x'", [NEEDS_CONNECTION]],
  ['select pg_cancel_backend(42)', [{ kind: 'signals-backend', pid: { literal: 42 } }]],
  ['select pg_terminate_backend($2, 100)', [{ kind: 'signals-backend', pid: { parameter: 2 } }]],
  ['select pg_cancel_backend($1::int)', [{ kind: 'signals-backend', pid: { parameter: 1 } }]],
  ['select pg_cancel_backend(40 + 2)', [{ kind: 'signals-backend', pid: undefined }]],
  ['select pg_cancel_backend(pid) from pg_stat_activity', [{ kind: 'signals-backend', pid: undefined }]],
  ['begin; create temp table t (a int); commit', [begin(false, false), TEMPORARY, { kind: 'commit', chain: false }]],
  [
    'set a.b = 1; reset c',
    [
      { kind: 'set', name: 'a.b' },
      { kind: 'reset', name: 'c' },
    ],
  ],
]

for (const [text, effects] of EFFECTS) {
  test(`${text} leaves ${effects.map((it) => it.kind).join(', ') || 'nothing'}`, () => {
    assert.deepEqual(classify(text).effects, effects)
  })
}

test('a text that sets something and does something else keeps its connection, so that nothing is done twice', () => {
  for (const text of [
    'set a.b = 1; insert into t values (1)',
    "select set_config('a.b', '1', false), nextval('s')",
    "insert into t select set_config('a.b', '1', false)",
    'set a.b = 1; select 1',
  ]) {
    assert.deepEqual(classify(text).effects.at(-1), NEEDS_CONNECTION, text)
    assert.equal(classify(text).route, 'primary')
  }
})

test('a hint leaves the effects as they are', () => {
  const found = classify('/* sluice: replica */ begin; set work_mem = 1')
  assert.deepEqual(found.hint, { to: 'replica' })
  assert.deepEqual(
    found.effects.map((it) => it.kind),
    ['begin', 'set', 'needs-connection'],
  )
})

test('the place that decided is where the deciding word begins', () => {
  for (const [text, word] of [
    ['select a from t for update', 'for update'],
    ['with a as (select 1), b as (delete from t) select 1', 'delete'],
    ['with a as (update t set b = 1) select 1', 'update'],
    ['select 1; -- x\n drop table t', 'drop'],
    ["select 1, nextval('s')", 'nextval'],
    ['select 1 into t', 'into'],
    ["select 'unterminated", "'unterminated"],
    ['select * from pg_stat_activity', 'pg_stat_activity'],
    ['explain analyze insert into t values (1)', 'insert'],
  ] as const) {
    assert.equal(classify(text).at, text.indexOf(word), text)
  }
})
