import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Position } from '../../../src/model/position.js'
import { unknownBefore } from '../../../src/routing/lineage.js'
import { type KnownToShow, SeenOnReplicas } from '../../../src/routing/seen-on-replicas.js'

const at = (lsn: number): Position => ({ system: 'one', timeline: 1, lsn: BigInt(lsn) })
const lineage = unknownBefore(at(0))

/** What the primary shows of a replica `a` in its first life, and up to where in all. */
const showing = (since: number, upTo?: number): KnownToShow => ({
  sinceOf: (node, life) => (node === 'a' && life === 1 ? since : 0),
  upTo: upTo === undefined ? undefined : at(upTo),
  lineage,
})

test('what was seen on a replica is owed until the primary is known to show what that replica showed later', () => {
  const seen = new SeenOnReplicas()
  seen.note('a', 1, 10)
  seen.settle(showing(10))
  assert.equal(seen.isEmpty, false, 'asked at the same moment is not asked later')
  seen.settle(showing(11))
  assert.equal(seen.isEmpty, true)
})

test('the last read on each replica counts', () => {
  const seen = new SeenOnReplicas()
  seen.note('a', 1, 10)
  seen.note('b', 1, 11)
  seen.note('a', 1, 12)
  assert.deepEqual(
    seen.reads.map((it) => `${it.node} ${it.moment}`),
    ['a 12', 'b 11'],
  )
  seen.settle(showing(13))
  assert.deepEqual(
    seen.reads.map((it) => it.node),
    ['b'],
  )
})

test('another life of a replica tells nothing of the one before', () => {
  const seen = new SeenOnReplicas()
  seen.note('a', 2, 10)
  seen.settle(showing(99))
  assert.equal(seen.isEmpty, false)
})

test('what was seen in another process is owed up to its position', () => {
  const seen = new SeenOnReplicas()
  seen.raise(at(500), 1)
  seen.settle(showing(99, 499))
  assert.deepEqual(seen.position, at(500))
  seen.settle(showing(99, 500))
  assert.equal(seen.isEmpty, true)
})

test('where its position is not known, no position settles it', () => {
  const seen = new SeenOnReplicas()
  seen.raise('unknown', 1)
  seen.settle(showing(99, 9999))
  assert.equal(seen.unknownMoment, 1)
})

test('all of it is forgotten that is older than the question, and nothing else', () => {
  const seen = new SeenOnReplicas()
  seen.note('a', 1, 10)
  seen.raise(at(500), 11)
  seen.raise('unknown', 12)
  seen.note('b', 1, 13)
  seen.forget(13)
  assert.equal(seen.position, undefined)
  assert.equal(seen.unknownMoment, 0)
  assert.deepEqual(
    seen.reads.map((it) => it.node),
    ['b'],
  )
})

test('a position stands for what nobody can be asked about, and is forgotten with the latest of it', () => {
  const seen = new SeenOnReplicas()
  seen.note('a', 1, 10)
  seen.note('b', 1, 11)
  seen.raise('unknown', 12)
  const gone = seen.reads.filter((it) => it.node === 'a')
  seen.standAt(at(700), gone, 12)
  assert.deepEqual([seen.position, seen.unknownMoment], [at(700), 0])
  assert.deepEqual(
    seen.reads.map((it) => it.node),
    ['b'],
  )
  seen.forget(12)
  assert.deepEqual(seen.position, at(700))
  seen.forget(13)
  assert.equal(seen.isEmpty, true)
})

test('what came while the position was asked for is still owed', () => {
  const seen = new SeenOnReplicas()
  seen.note('a', 1, 10)
  seen.raise('unknown', 11)
  const gone = [...seen.reads]
  seen.note('a', 1, 12)
  seen.raise('unknown', 13)
  seen.standAt(at(700), gone, 11)
  assert.deepEqual(
    seen.reads.map((it) => it.moment),
    [12],
  )
  assert.equal(seen.unknownMoment, 13)
})
