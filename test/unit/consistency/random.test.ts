import assert from 'node:assert/strict'
import { test } from 'node:test'
import { randomFor } from '../../consistency/random.js'

function numbers(seed: number, purpose: string): readonly number[] {
  const random = randomFor(seed, purpose)
  return Array.from({ length: 1000 }, () => random.whole(1, 6))
}

test('the same seed gives the same numbers', () => {
  assert.deepEqual(numbers(1, 'session 1'), numbers(1, 'session 1'))
})

test('another seed, and another purpose, give others', () => {
  assert.notDeepEqual(numbers(1, 'session 1'), numbers(2, 'session 1'))
  assert.notDeepEqual(numbers(1, 'session 1'), numbers(1, 'session 2'))
})

test('every number of the range is drawn about as often', () => {
  const drawn = numbers(1, 'session 1')
  const counts = [1, 2, 3, 4, 5, 6].map((side) => drawn.filter((it) => it === side).length)
  assert.equal(
    drawn.length,
    counts.reduce((sum, it) => sum + it),
  )
  for (const count of counts) assert.ok(count > 120 && count < 220, String(counts))
})
