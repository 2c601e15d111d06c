import assert from 'node:assert/strict'
import { test } from 'node:test'
import { classify } from '../../../src/dialect/postgresql/classify.js'

/** Found by `npm run fuzz:classify`: each hid a call that the parser of PostgreSQL sees. */
for (const [text, functions] of [
  ['select a from t group by distinct array[x, cube(a)]', ['cube']],
  ['select a, b from t group by cube (a, b)', []],
  ['select a like b at time zone operator escape x.f(a) from t', ['x.f']],
  ['select operator, f(name) from t', ['f']],
  ['select operator(pg_catalog.-) f(1)', ['f']],
] as const) {
  test(`the calls in ${text}`, () => assert.deepEqual(classify(text).functions, functions))
}
