import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { PositionRing } from '../../../src/routing/position-ring.js'

const STALE_MS = 2000

/** A primary that was asked at these times and stood there. */
function ringOf(samples: readonly (readonly [askedMs: number, lsn: number])[], timeline = 1): PositionRing {
  const ring = new PositionRing(STALE_MS)
  samples.forEach(([askedMs, lsn], i) => {
    ring.add({ position: { system: 'one', timeline, lsn: BigInt(lsn) }, moment: i + 1, askedMs })
  })
  return ring
}

describe('the lag of a replica', () => {
  test('is zero while the primary is idle, and does not grow', () => {
    const ring = ringOf([
      [0, 100],
      [1000, 100],
      [2000, 100],
      [60_000, 100],
    ])
    assert.deepEqual(ring.lagOf(100n, 60_500), { bytes: 0, ms: 0, atMostMs: 500, primaryAgeMs: 500 })
  })

  test('is the time since the primary passed where it stands, with replay paused', () => {
    const ring = ringOf([
      [0, 100],
      [1000, 200],
      [2000, 300],
      [3000, 400],
    ])
    assert.deepEqual(ring.lagOf(150n, 3500), { bytes: 250, ms: 2500, atMostMs: 3500, primaryAgeMs: 500 })
  })

  test('grows, and is never zero, while nothing is heard of the primary', () => {
    const ring = ringOf([
      [0, 100],
      [1000, 100],
    ])
    assert.equal(ring.lagOf(100n, 2000)?.ms, 0)
    assert.equal(ring.lagOf(100n, 3500)?.ms, 2500)
    assert.equal(ring.lagOf(100n, 9000)?.ms, 8000)
  })

  test('has no upper bound beyond what is remembered', () => {
    assert.equal(ringOf([[0, 100]]).lagOf(50n, 10)?.atMostMs, Number.POSITIVE_INFINITY)
  })

  test('is not known before the primary was heard', () => {
    assert.equal(new PositionRing(STALE_MS).lagOf(1n, 0), undefined)
  })

  test('is counted anew on another timeline', () => {
    const ring = ringOf([
      [0, 100],
      [1000, 900],
    ])
    ring.add({ position: { system: 'one', timeline: 2, lsn: 500n }, moment: 9, askedMs: 2000 })
    assert.deepEqual(ring.lagOf(500n, 2000), { bytes: 0, ms: 0, atMostMs: 0, primaryAgeMs: 0 })
  })

  test('is right to a tenth of a second however often the primary is asked, and its newest word is kept', () => {
    const ring = ringOf(Array.from({ length: 20_000 }, (_, i) => [i, i] as const))
    const { ms, bytes } = ring.lagOf(15_000n, 20_000) ?? { ms: 0, bytes: 0 }
    assert.ok(ms <= 5000 && ms >= 4900, String(ms))
    assert.equal(bytes, 4999)
  })

  test('does not believe an answer that was overtaken by a later one', () => {
    const ring = ringOf([[1000, 200]])
    ring.add({ position: { system: 'one', timeline: 1, lsn: 100n }, moment: 0, askedMs: 500 })
    assert.equal(ring.newest?.position.lsn, 200n)
  })
})
