import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ConfigError } from '../../../src/base/errors.js'
import { MemoryStore, memoryStore } from '../../../src/store/memory/memory-store.js'
import { at, lastShown, RISES, shop } from '../../support/rises.js'

function begin({ ttlMs = 1000, maxKeys = 10 } = {}) {
  let nowMs = 5000
  const store = new MemoryStore(ttlMs, maxKeys, () => nowMs)
  return { store, pass: (ms: number) => (nowMs += ms) }
}

describe('the memory store', () => {
  for (const { title, rises, shows } of RISES) {
    test(title, async () => assert.deepEqual(await lastShown(begin().store, 'u1', rises), shows))
  }

  test('forgets a key when it has not risen for its time', async () => {
    const { store, pass } = begin({ ttlMs: 1000 })
    await store.raise('u1', [shop(at(1, 10n))])
    pass(600)
    await store.raise('u1', [shop(at(1, 5n))])
    pass(999)
    assert.deepEqual(await store.load('u1'), [shop(at(1, 10n))])
    pass(1)
    assert.deepEqual(await store.load('u1'), [])
    assert.equal(store.size, 0)
  })

  test('an unknown position ends by its own time, which later positions do not prolong', async () => {
    const { store, pass } = begin({ ttlMs: 1000 })
    await store.raise('u1', [shop('unknown')])
    pass(600)
    await store.raise('u1', [shop(at(1, 10n))])
    assert.deepEqual(await store.load('u1'), [shop(at(1, 10n)), shop('unknown')])
    pass(400)
    assert.deepEqual(await store.load('u1'), [shop(at(1, 10n))])
  })

  test('keeps no more keys than it may: the one that rose the longest ago goes', async () => {
    const { store } = begin({ maxKeys: 2 })
    for (const key of ['u1', 'u2', 'u1', 'u3']) await store.raise(key, [shop(at(1, 1n))])
    const kept = await Promise.all(['u1', 'u2', 'u3'].map(async (key) => (await store.load(key)).length))
    assert.deepEqual(kept, [1, 0, 1])
  })

  test('keeps nothing for a key that nothing is known of', async () => {
    const { store } = begin()
    await store.raise('u1', [])
    assert.equal(store.size, 0)
  })

  test('refuses a time or a number that is none', () => {
    for (const wrong of [{ ttlMs: 0 }, { ttlMs: Number.NaN }, { maxKeys: 0 }, { maxKeys: 1.5 }]) {
      assert.throws(() => memoryStore(wrong), ConfigError)
    }
  })
})
