import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Clock } from '../../../src/base/clock.js'
import { Hold, SEARCH_EVERY_MS } from '../../../src/cluster/hold.js'

/** Time that passes when it is told to. */
class StoodClock implements Clock {
  #nowMs = 0
  #timers: { readonly atMs: number; readonly fire: () => void }[] = []

  now(): number {
    return this.#nowMs
  }

  after(ms: number, fire: () => void) {
    const timer = { atMs: this.#nowMs + ms, fire }
    this.#timers.push(timer)
    return {
      stop: () => {
        this.#timers = this.#timers.filter((it) => it !== timer)
      },
    }
  }

  pass(ms: number): void {
    this.#nowMs += ms
    const due = this.#timers.filter((it) => it.atMs <= this.#nowMs)
    this.#timers = this.#timers.filter((it) => it.atMs > this.#nowMs)
    for (const { fire } of due) fire()
  }
}

function held(most = 100) {
  const clock = new StoodClock()
  const told: string[] = []
  const seen = { primary: false, searches: 0 }
  const hold = new Hold({
    clock,
    most,
    publish: (name, message) => void told.push(`${name} ${JSON.stringify(message)}`),
    isThere: () => seen.primary,
    search: () => seen.searches++,
  })
  const ended: string[] = []
  const enter = (name: string, untilMs = 10_000, waitsFor: 'primary' | 'next-round' = 'primary') =>
    void hold.enter(undefined, waitsFor, untilMs).then((how) => ended.push(`${name} ${how}`))
  return { hold, clock, seen, told, ended, enter }
}

/** What was promised has been told by then. */
const settled = () => new Promise((resolve) => setImmediate(resolve))

describe('what is held', () => {
  test('is let go in its order: one first, and two for each that is done', async () => {
    const { hold, seen, ended, enter } = held()
    for (const name of 'abcdefg') enter(name)
    seen.primary = true
    hold.viewChanged()
    await settled()
    assert.deepEqual(ended, ['a over'])
    hold.leave(undefined)
    await settled()
    assert.deepEqual(ended.slice(1), ['b over', 'c over'])
    hold.leave(undefined)
    hold.leave(undefined)
    await settled()
    assert.deepEqual(ended.slice(3), ['d over', 'e over', 'f over', 'g over'])
    assert.equal(hold.hasLine(undefined), false)
  })

  test('is told when it begins and when nothing waits any more, once each', async () => {
    const { hold, seen, told, enter, clock } = held()
    enter('a')
    enter('b')
    clock.pass(50)
    seen.primary = true
    hold.viewChanged()
    hold.leave(undefined)
    hold.leave(undefined)
    await settled()
    assert.deepEqual(told, ['writesHeld {"because":"no-primary"}', 'writesReleased {"count":2,"heldMs":50}'])
    assert.equal(hold.isIdle, true)
  })

  test('waits for no longer than it may, and has every node asked meanwhile', async () => {
    const { clock, seen, ended, enter } = held()
    enter('brief', 150)
    enter('long')
    for (let i = 0; i < 3; i++) clock.pass(SEARCH_EVERY_MS)
    await settled()
    assert.deepEqual([ended, seen.searches], [['brief too-long'], 4])
    enter('late', 100)
    await settled()
    assert.deepEqual(ended.slice(1), ['late too-long'])
  })

  test('is no more than may be, and all of it ends with the pool', async () => {
    const { hold, ended, enter } = held(1)
    enter('a')
    enter('b')
    await settled()
    assert.deepEqual(ended, ['b too-many'])
    hold.close()
    enter('c')
    await settled()
    assert.deepEqual(ended.slice(1), ['a closed', 'c closed'])
  })

  test('for a pause waits whoever is there, and goes on after it', async () => {
    const { hold, seen, ended, told, enter } = held()
    seen.primary = true
    hold.pause()
    enter('a')
    await settled()
    assert.deepEqual([ended, seen.searches, told[0]], [[], 0, 'writesHeld {"because":"paused"}'])
    hold.resume()
    await settled()
    assert.deepEqual(ended, ['a over'])
  })

  test('for the next round comes again then, though a primary seems to be there', async () => {
    const { clock, seen, ended, enter } = held()
    seen.primary = true
    enter('a', 10_000, 'next-round')
    await settled()
    assert.deepEqual(ended, [])
    clock.pass(SEARCH_EVERY_MS)
    await settled()
    assert.deepEqual(ended, ['a over'])
  })
})
