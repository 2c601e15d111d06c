import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Position } from '../../../src/model/position.js'
import { covers, later, promoted, standingOf, unknownBefore } from '../../../src/routing/lineage.js'

const at = (timeline: number, lsn: number, system = 'one'): Position => ({ system, timeline, lsn: BigInt(lsn) })
/** Timeline 1 until 100, then 2 until 200, then 3. */
const lineage = promoted(promoted(unknownBefore(at(1, 0)), 2, 100n), 3, 200n)

describe('whether a position is part of the present history', () => {
  for (const [what, position, standing] of [
    ['on the present timeline it is', at(3, 999), 'kept'],
    ['before the end of an earlier one it is', at(2, 200), 'kept'],
    ['before the end of a much earlier one it is', at(1, 100), 'kept'],
    ['behind the end of an earlier one it is lost', at(2, 201), 'lost'],
    ['behind the end of a much earlier one it is lost, whatever came later', at(1, 150), 'lost'],
    ['of a later one nobody here has seen the beginning', at(4, 1), 'ahead'],
    ['of another system it never is', at(3, 1, 'other'), 'foreign'],
  ] as const) {
    test(what, () => assert.equal(standingOf(position, lineage), standing))
  }

  test('of a timeline whose end nobody saw it is not known', () => {
    assert.equal(standingOf(at(2, 1), unknownBefore(at(3, 0))), 'unknown')
  })

  test('a node promoted from further back takes back what came after', () => {
    const back = promoted(lineage, 4, 80n)
    assert.deepEqual(
      [standingOf(at(1, 80), back), standingOf(at(1, 81), back), standingOf(at(2, 150), back)],
      ['kept', 'lost', 'lost'],
    )
  })
})

describe('whether a server shows everything up to a position', () => {
  for (const [what, server, wanted, does] of [
    ['on the same timeline, as soon as it is there', at(3, 300), at(3, 300), true],
    ['on the same timeline, not before', at(3, 299), at(3, 300), false],
    ['on the present timeline, what was kept of an earlier one', at(3, 250), at(2, 150), true],
    ['on the present timeline, not what was lost of an earlier one', at(3, 250), at(2, 210), false],
    ['on an older timeline never, however far it has come', at(2, 900), at(3, 300), false],
    ['on an older timeline, that timeline itself', at(2, 180), at(2, 170), true],
    ['of another system never', at(3, 900, 'other'), at(3, 1), false],
    ['that does not say where it stands never', undefined, at(3, 1), false],
  ] as const) {
    test(what, () => assert.equal(covers(server, wanted, lineage), does))
  }
})

test('of two positions the later one is of the newer timeline, then further on it', () => {
  assert.deepEqual(later(at(1, 900), at(2, 5)), at(2, 5))
  assert.deepEqual(later(at(2, 5), at(1, 900)), at(2, 5))
  assert.deepEqual(later(at(2, 5), at(2, 6)), at(2, 6))
  assert.deepEqual(later(undefined, at(2, 6)), at(2, 6))
})
