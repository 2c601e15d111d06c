import assert from 'node:assert/strict'
import { test } from 'node:test'
import { committedOf, committedQuery, snapshotOf, unfinishedOf } from '../../../src/dialect/postgresql/snapshots.js'
import { isRunning } from '../../../src/model/snapshot.js'

test('a snapshot tells which transactions have ended for others', () => {
  const snapshot = snapshotOf({ snapshot: '700:705:700,702' })
  const running = [699n, 700n, 701n, 702n, 703n, 704n, 705n, 9_000_000_000n].filter((id) => isRunning(id, snapshot))
  assert.deepEqual(running, [700n, 702n, 705n, 9_000_000_000n])
})

test('nothing may run', () => {
  assert.deepEqual(snapshotOf({ snapshot: '700:700:' }), { end: 700n, running: new Set() })
})

test('a replica is asked about those that run, and all from the end on', () => {
  const text = committedQuery(snapshotOf({ snapshot: '700:705:700,702' }))
  assert.match(text, /'\{700,702\}'::bigint\[\]/)
  assert.match(text, /generate_series\(705::bigint, pg_catalog\.pg_snapshot_xmax\(/)
  assert.deepEqual(committedOf([{ id: '700' }, { id: '705' }]), [700n, 705n])
})

test('a number that has lost its upper half has that of the nearest to the snapshot', () => {
  const half = 1n << 32n
  const of = (end: bigint, ...ids: readonly bigint[]) =>
    unfinishedOf(
      ids.map((id) => ({ id: String(id % half) })),
      { end, running: new Set() },
    )
  assert.deepEqual(of(700n, 698n, 705n), [698n, 705n])
  assert.deepEqual(of(3n * half + 2n, 3n * half - 5n, 3n * half + 9n), [3n * half - 5n, 3n * half + 9n])
})
