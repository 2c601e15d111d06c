import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Position, Sample } from '../../../src/model/position.js'
import type { Progress } from '../../../src/model/view.js'
import { Footing } from '../../../src/routing/footing.js'
import { unknownBefore } from '../../../src/routing/lineage.js'

const at = (lsn: number): Position => ({ system: 'one', timeline: 1, lsn: BigInt(lsn) })
const lineage = unknownBefore(at(0))
const primaryAt = (lsn: number, moment: number): Sample => ({ position: at(lsn), moment, askedMs: 0 })
const replicaAt = (lsn: number, moment: number, life = 1): Progress => ({ position: at(lsn), moment, life })

/** What is known of the nodes now. */
function knowing(nodes: Readonly<Record<string, Progress>>) {
  return (name: string) => nodes[name]
}

describe('after a write', () => {
  test('no replica is allowed until a position of the primary is known that was asked for later', () => {
    const footing = new Footing()
    footing.notePrimary(10)
    footing.settle(primaryAt(500, 10), knowing({}))
    assert.equal(footing.allows('a', replicaAt(900, 11), lineage), false)

    footing.settle(primaryAt(500, 11), knowing({}))
    assert.equal(footing.allows('a', replicaAt(499, 12), lineage), false)
    assert.equal(footing.allows('a', replicaAt(500, 12), lineage), true)
  })

  test('one position covers all writes before it', () => {
    const footing = new Footing()
    footing.notePrimary(1)
    footing.notePrimary(2)
    footing.settle(primaryAt(500, 3), knowing({}))
    assert.deepEqual(footing.position, at(500))
    assert.equal(footing.isSettled, true)
  })
})

describe('after a read on a replica', () => {
  test('the same replica is allowed at once, another only when it is as far as the first had come', () => {
    const footing = new Footing()
    footing.noteReplica('a', 1, 10)
    footing.settle(undefined, knowing({ a: replicaAt(500, 9) }))
    assert.equal(footing.allows('a', replicaAt(500, 9), lineage), true)
    assert.equal(footing.allows('b', replicaAt(900, 9), lineage), false)

    footing.settle(undefined, knowing({ a: replicaAt(600, 11) }))
    assert.equal(footing.allows('b', replicaAt(599, 12), lineage), false)
    assert.equal(footing.allows('b', replicaAt(600, 12), lineage), true)
  })

  test('a replica in another life is not the same: only a later position of the primary tells', () => {
    const footing = new Footing()
    footing.noteReplica('a', 1, 10)
    footing.settle(primaryAt(400, 5), knowing({ a: replicaAt(300, 20, 2) }))
    assert.equal(footing.allows('a', replicaAt(300, 20, 2), lineage), false)

    footing.settle(primaryAt(700, 21), knowing({ a: replicaAt(300, 20, 2) }))
    assert.deepEqual(footing.position, at(700))
  })

  test('a replica that never says where it stands is as good as itself', () => {
    const footing = new Footing()
    const silent = { position: undefined, moment: 0, life: 1 }
    footing.noteReplica('a', 1, 10)
    footing.settle(primaryAt(400, 11), knowing({ a: silent }))
    assert.equal(footing.allows('a', silent, lineage), true)
    assert.equal(footing.allows('b', replicaAt(900, 12), lineage), false)
  })

  test('two replicas seen at once allow neither until both have said how far they were', () => {
    const footing = new Footing()
    footing.noteReplica('a', 1, 10)
    footing.noteReplica('b', 1, 11)
    footing.settle(undefined, knowing({ a: replicaAt(500, 9), b: replicaAt(500, 9) }))
    assert.equal(footing.allows('a', replicaAt(900, 9), lineage), false)

    footing.settle(undefined, knowing({ a: replicaAt(510, 12), b: replicaAt(520, 12) }))
    assert.deepEqual(footing.position, at(520))
  })

  test('reads that overlap join the first', () => {
    const footing = new Footing()
    footing.began('a')
    footing.began('a')
    footing.ended('a')
    assert.equal(footing.nodeUnderWay, 'a')
    footing.ended('a')
    assert.equal(footing.nodeUnderWay, undefined)
  })
})

test('a position from elsewhere only adds', () => {
  const footing = new Footing()
  footing.raise(at(500))
  footing.raise(at(400))
  assert.deepEqual(footing.position, at(500))
})

test('in another history it stands on nothing but what the primary shows from now on', () => {
  const footing = new Footing()
  footing.raise(at(500))
  footing.startAnew(30)
  footing.settle(primaryAt(50, 31), knowing({}))
  assert.deepEqual(footing.position, at(50))
})
