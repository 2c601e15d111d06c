import assert from 'node:assert/strict'
import { test } from 'node:test'
import { classify } from '../../../src/dialect/postgresql/classify.js'
import type { Hint } from '../../../src/model/intent.js'

const PRIMARY: Hint = { to: 'primary' }
const REPLICA: Hint = { to: 'replica' }

const HINTS: readonly (readonly [string, Hint | undefined])[] = [
  ['/* sluice: primary */ select 1', PRIMARY],
  ['/*sluice:replica*/ insert into t values (1)', REPLICA],
  ['  \n/* SLUICE: Primary */\nselect 1', PRIMARY],
  ['-- sluice: primary\nselect 1', PRIMARY],
  ['/* sluice: node=replica-2 */ select 1', { to: 'node', node: 'replica-2' }],
  ['/* sluice: node = Replica-2 */ select 1', { to: 'node', node: 'Replica-2' }],
  ['-- made by a program\n/* sluice: replica */ select 1', REPLICA],
  ['/* sluice: replica */ /* sluice: primary */ select 1', REPLICA],
  ['/*NO LOAD BALANCE*/ select 1', PRIMARY],
  ['/* pgdog_role: primary */ select 1', PRIMARY],
  ['/* pgdog_role: replica */ select 1', REPLICA],
  ['-- maxscale route to master\nselect 1', PRIMARY],
  ['/* maxscale route to slave */ select 1', REPLICA],
  ['/* maxscale route to server db-2 */ select 1', { to: 'node', node: 'db-2' }],
  ['select 1', undefined],
  ['select 1 /* sluice: primary */', undefined],
  ['/* sluice: somewhere */ select 1', undefined],
  ['/* sluice: node= */ select 1', undefined],
  ['/* sluice */ select 1', undefined],
  ['/* about sluice: primary */ select 1', undefined],
  ["select '/* sluice: primary */'", undefined],
  ['/* sluice: primary', undefined],
  ['/* a /* sluice: primary */ b */ select 1', undefined],
  ['', undefined],
]

for (const [text, hint] of HINTS) {
  test(`${JSON.stringify(text)} asks for ${hint === undefined ? 'nothing' : JSON.stringify(hint)}`, () => {
    assert.deepEqual(classify(text).hint, hint)
  })
}
