import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nextEjectMs } from '../../../src/routing/backoff.js'

const least = () => 0
const most = () => 1 - Number.EPSILON

test('the first time, a node stays out for exactly as long as the configuration says', () => {
  assert.deepEqual([nextEjectMs(5000, 1, least), nextEjectMs(5000, 1, most)], [5000, 5000])
})

test('the longest wait doubles with each failure, up to a minute', () => {
  const waits = [1, 2, 3, 4, 5, 6, 1000, 1e9].map((failures) => Math.round(nextEjectMs(5000, failures, most)))

  assert.deepEqual(waits, [5000, 10_000, 20_000, 40_000, 60_000, 60_000, 60_000, 60_000])
})

test('no wait is shorter than the first', () => {
  assert.equal(nextEjectMs(5000, 9, least), 5000)
})

test('a first wait of more than a minute stays what it is', () => {
  assert.equal(nextEjectMs(90_000, 9, most), 90_000)
})

test('waits are spread evenly between the shortest and the longest', () => {
  assert.equal(
    nextEjectMs(5000, 3, () => 0.5),
    12_500,
  )
})
