import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ConfigError } from '../../../src/base/errors.js'
import {
  currentSession,
  Session,
  type SessionClocks,
  type SessionStart,
  withSession,
} from '../../../src/cluster/session.js'
import { sessionTokens } from '../../../src/cluster/session-tokens.js'
import type { Position } from '../../../src/model/position.js'

const tokens = sessionTokens({ keys: ['a key of sixteen bytes or more'] })
const WROTE = { to: 'primary', because: 'wrote' }

/** Both clocks, which go only when told to; the wall's may be set wrong on purpose. */
class FakeClocks implements SessionClocks {
  #ms = 1000
  readonly #wallAheadMs: number

  constructor(wallAheadMs = 1_800_000_000_000) {
    this.#wallAheadMs = wallAheadMs
  }

  readonly monotonic = () => this.#ms
  readonly wall = () => this.#ms + this.#wallAheadMs

  pass(ms: number): void {
    this.#ms += ms
  }
}

function begin(start?: SessionStart, clocks = new FakeClocks()) {
  const session = new Session(start, clocks)
  const seen = (cluster = 'shop') => {
    const pin = session.pinFor(cluster, clocks.monotonic())
    return pin === undefined ? undefined : { to: pin.to, because: pin.because }
  }
  const wrote = (ttlMs = 5000, cluster = 'shop') => session.holdAfterWrite(cluster, ttlMs, clocks.monotonic())
  return { session, clocks, seen, wrote }
}

describe('after a write', () => {
  test('reads stay on the primary until the time is over', () => {
    const { clocks, seen, wrote } = begin()
    assert.equal(seen(), undefined)

    wrote(5000)
    assert.deepEqual(seen(), WROTE)
    clocks.pass(4999)
    assert.deepEqual(seen(), WROTE)
    clocks.pass(1)
    assert.equal(seen(), undefined)
  })

  test('the time is counted from the last write', () => {
    const { clocks, seen, wrote } = begin()
    wrote(5000)
    clocks.pass(4000)
    wrote(5000)
    clocks.pass(4000)

    assert.deepEqual(seen(), WROTE)
  })

  test('a shorter time never shortens a longer one', () => {
    const { clocks, seen, wrote } = begin()
    wrote(5000)
    wrote(10)
    clocks.pass(4000)

    assert.deepEqual(seen(), WROTE)
  })

  test('reads on other clusters stay where they are', () => {
    const { seen, wrote } = begin()
    wrote(5000, 'shop')

    assert.deepEqual([seen('shop'), seen('logs')], [WROTE, undefined])
  })
})

describe('a pin', () => {
  test('sends reads to the primary on every cluster, or on one', () => {
    const { session, seen } = begin()
    session.pin('primary', { clusterId: 'shop' })
    assert.deepEqual([seen('shop')?.because, seen('logs')], ['pinned', undefined])

    session.pin('primary')
    assert.deepEqual([seen('shop')?.because, seen('logs')?.because], ['pinned', 'pinned'])
  })

  test('sends reads to a node', () => {
    const { session, seen } = begin()
    session.pin({ node: 'replica-1' }, { clusterId: 'shop' })

    assert.deepEqual(seen(), { to: { node: 'replica-1' }, because: 'pinned' })
  })

  test('for one cluster counts more than one for all', () => {
    const { session, seen } = begin()
    session.pin({ node: 'replica-1' }, { clusterId: 'shop' })
    session.pin('primary')

    assert.deepEqual([seen('shop')?.to, seen('logs')?.to], [{ node: 'replica-1' }, 'primary'])
  })

  test('ends after its time', () => {
    const { session, clocks, seen } = begin()
    session.pin('primary', { ttlMs: 100 })
    session.pin({ node: 'replica-1' }, { ttlMs: 50, clusterId: 'shop' })
    clocks.pass(60)
    assert.equal(seen()?.to, 'primary')
    clocks.pass(40)
    assert.equal(seen(), undefined)
  })

  test('takes the place of an earlier one, also for a shorter time', () => {
    const { session, clocks, seen } = begin()
    session.pin('primary', { ttlMs: 1000 })
    session.pin('primary', { ttlMs: 10 })
    clocks.pass(10)

    assert.equal(seen(), undefined)
  })

  test('leaves the stickiness after a write in force beneath it', () => {
    const { session, clocks, seen, wrote } = begin()
    wrote(5000)
    session.pin({ node: 'replica-1' }, { ttlMs: 10 })
    wrote(20)
    assert.deepEqual(seen()?.to, { node: 'replica-1' })
    clocks.pass(10)
    assert.deepEqual(seen(), WROTE)
  })

  test('without a time ends with the callback of the session', () => {
    const { session, seen } = begin()
    session.pin('primary')
    session.pin('primary', { clusterId: 'shop' })
    session.end()

    assert.deepEqual([seen('shop'), seen('logs')], [undefined, undefined])
  })

  test('without a time is void once the callback has settled', () => {
    const { session, seen } = begin()
    session.end()
    session.pin('primary')

    assert.equal(seen(), undefined)
  })

  test('with a time goes on in what the callback has left running, and so does stickiness, until they end', () => {
    const { session, clocks, seen, wrote } = begin()
    session.pin('primary', { ttlMs: 100 })
    session.end()
    assert.equal(seen()?.because, 'pinned')
    clocks.pass(100)
    wrote(100)
    assert.deepEqual(seen(), WROTE)
    clocks.pass(100)
    assert.equal(seen(), undefined)
  })

  test('must name the primary or a node, and a time if any', () => {
    const { session } = begin()
    const messages = (
      [
        ['replica', {}, "pin: must be 'primary' or { node: 'its name' }, found 'replica'"],
        [{ node: '' }, {}, "pin: must be 'primary' or { node: 'its name' }, found object"],
        [undefined, {}, "pin: must be 'primary' or { node: 'its name' }, found undefined"],
        ['primary', { ttlMs: Number.NaN }, 'ttlMs: must be a number above 0, found NaN'],
        ['primary', { ttlMs: 0 }, 'ttlMs: must be a number above 0, found 0'],
      ] as const
    ).map(([to, options, message]) => ({ pin: () => session.pin(to as 'primary', options), message }))

    for (const { pin, message } of messages) assert.throws(pin, { name: 'ConfigError', message })
  })
})

describe('unpin', () => {
  test('ends pins and stickiness, on all clusters', () => {
    const { session, seen, wrote } = begin()
    wrote()
    session.pin('primary')
    session.unpin()

    assert.deepEqual([seen('shop'), seen('logs')], [undefined, undefined])
  })

  test('of one cluster leaves the others as they are', () => {
    const { session, seen, wrote } = begin()
    session.pin('primary')
    wrote(5000, 'shop')
    session.unpin('shop')

    assert.deepEqual([seen('shop'), seen('logs')?.because], [undefined, 'pinned'])
  })

  test('lasts until the next pin or write', () => {
    const { session, seen, wrote } = begin()
    session.unpin('shop')
    wrote()
    assert.deepEqual(seen(), WROTE)
    session.unpin('shop')
    session.pin('primary')
    assert.equal(seen()?.because, 'pinned')
  })
})

describe('withSession', () => {
  test('gives a session to everything below it, through awaits and timers', async () => {
    await withSession(async (session) => {
      assert.equal(currentSession(), session)
      await Promise.resolve()
      assert.equal(currentSession(), session)
      await new Promise((resolve) => setImmediate(resolve))
      assert.equal(currentSession(), session)
    })
  })

  test('gives none to anything outside', () => {
    withSession(() => {})

    assert.equal(currentSession(), undefined)
  })

  test('gives each of several at once its own', async () => {
    const both = await Promise.all(
      [1, 2].map(() =>
        withSession(async (session) => {
          session.pin('primary', { ttlMs: 1000 })
          await new Promise((resolve) => setImmediate(resolve))
          return currentSession()
        }),
      ),
    )

    assert.notEqual(both[0], both[1])
  })

  test('inside another begins anew', () => {
    withSession((outer) => {
      outer.pin('primary')
      withSession((inner) => assert.equal(inner.pinFor('shop', 0), undefined))

      assert.equal(currentSession(), outer)
    })
  })

  test('returns what its callback returns, and passes on what it throws', async () => {
    assert.equal(
      withSession(() => 5),
      5,
    )
    assert.equal(await withSession(async () => 5), 5)
    assert.throws(() => withSession(() => assert.fail('no')), { message: 'no' })
    await assert.rejects(
      withSession(() => Promise.reject(new Error('no'))),
      { message: 'no' },
    )
  })

  test('ends when its promise has settled, well or not', async () => {
    for (const settle of [() => Promise.resolve(), () => Promise.reject(new Error('no'))]) {
      let kept: Session | undefined
      const running = withSession((session) => {
        kept = session
        session.pin('primary')
        return settle()
      })
      assert.equal(kept?.pinFor('shop', 0)?.because, 'pinned')
      await running.catch(() => {})
      await Promise.resolve()

      assert.equal(kept?.pinFor('shop', 0), undefined)
    }
  })

  test('does not start a query that waits to be awaited', () => {
    let starts = 0
    // biome-ignore lint/suspicious/noThenProperty: a query builder is such an object
    const query = { then: () => starts++ }

    assert.equal(
      withSession(() => query),
      query,
    )
    assert.equal(starts, 0)
  })

  test('knows the shard of its statements', () => {
    withSession({ shard: 'eu' }, (session) => assert.equal(session.shard, 'eu'))
  })

  test('refuses a token that it could not read, and a shard that is none', () => {
    assert.throws(
      () => withSession({ token: 'x' }, () => {}),
      new ConfigError([{ path: 'tokens', rule: 'must be given where a token is', found: 'none' }]),
    )
    assert.throws(
      () => withSession({ shard: '' }, () => {}),
      new ConfigError([{ path: 'shard', rule: 'must be a text, not empty', found: 'an empty text' }]),
    )
  })
})

describe('withoutPin', () => {
  test('reads as if nothing were pinned, and lets writes pin nothing', () => {
    withSession((session) => {
      session.pin('primary')
      session.withoutPin(() => {
        assert.equal(session.pinFor('shop', 0), undefined)
        session.holdAfterWrite('logs', 5000, 0)
      })
      session.unpin()

      assert.equal(session.pinFor('logs', 0), undefined)
    })
  })

  test('ends with its block, also when blocks are nested', () => {
    withSession((session) => {
      session.pin('primary')
      session.withoutPin(() => {
        session.withoutPin(() => {})
        assert.equal(session.pinFor('shop', 0), undefined)
      })

      assert.equal(session.pinFor('shop', 0)?.because, 'pinned')
    })
  })

  test('holds through awaits in its block, and for nothing that runs at the same time', async () => {
    await withSession(async (session) => {
      session.pin('primary')
      const turn = () => new Promise((resolve) => setImmediate(resolve))
      const inside = session.withoutPin(async () => {
        await turn()
        await turn()
        return session.pinFor('shop', 0)
      })
      await turn()
      const meanwhile = session.pinFor('shop', 0)

      assert.deepEqual([await inside, meanwhile?.because], [undefined, 'pinned'])
    })
  })

  test('does not reach into a session begun within it', () => {
    withSession((outer) =>
      outer.withoutPin(() =>
        withSession((inner) => {
          inner.pin('primary')

          assert.equal(inner.pinFor('shop', 0)?.because, 'pinned')
        }),
      ),
    )
  })
})

describe('a token', () => {
  /** The session as another process sees it whose clocks show something else, so much later. */
  function travel(session: Session, tookMs: number, from: FakeClocks) {
    const token = session.tokenNow(tokens)
    const there = new FakeClocks(from.wall() - 1000 + tookMs)
    return begin({ token, tokens }, there)
  }

  test('carries stickiness and pins; time goes on while it travels', () => {
    const { session, clocks, wrote } = begin()
    wrote(5000)
    session.pin({ node: 'replica-1' }, { ttlMs: 3000, clusterId: 'logs' })
    clocks.pass(500)
    const there = travel(session, 1500, clocks)

    assert.deepEqual([there.seen('shop'), there.seen('logs')?.to], [WROTE, { node: 'replica-1' }])
    there.clocks.pass(999)
    assert.deepEqual(there.seen('logs')?.to, { node: 'replica-1' })
    there.clocks.pass(1)
    assert.deepEqual([there.seen('shop'), there.seen('logs')], [WROTE, undefined])
    there.clocks.pass(2000)
    assert.equal(there.seen('shop'), undefined)
    assert.equal(there.session.tokenProblem, undefined)
  })

  test('carries a pin for every cluster', () => {
    const { session, clocks } = begin()
    session.pin('primary', { ttlMs: 100 })

    assert.equal(travel(session, 0, clocks).seen('anything')?.because, 'pinned')
  })

  test('is not made when nothing is held, or only as long as the callback runs', () => {
    const { session, clocks, wrote } = begin()
    assert.equal(session.tokenNow(tokens), undefined)
    session.pin('primary')
    assert.equal(session.tokenNow(tokens), undefined)
    wrote(10)
    clocks.pass(10)
    assert.equal(session.tokenNow(tokens), undefined)
  })

  test('that is not believed leaves the session unpinned, and says why', () => {
    const { session, clocks, wrote } = begin()
    wrote(1000)
    const other = sessionTokens({ keys: ['another key of sixteen bytes'] })
    for (const [token, problem] of [
      ['', 'malformed'],
      [session.tokenNow(other), 'forged'],
      ['x'.repeat(5000), 'too-long'],
    ] as const) {
      const there = begin({ token, tokens }, clocks)

      assert.deepEqual([there.session.tokenProblem, there.seen()], [problem, undefined])
    }
    assert.equal(travel(session, 1000, clocks).session.tokenProblem, 'expired')
  })

  test('is not missed when there was none', () => {
    assert.equal(begin({ token: undefined, tokens }).session.tokenProblem, undefined)
  })

  test('never holds a session for longer than its greatest age', () => {
    const { session, clocks } = begin()
    const brief = sessionTokens({ keys: ['a key of sixteen bytes or more'], maxAgeMs: 100 })
    session.pin('primary', { ttlMs: 100_000 })
    for (const [writer, reader] of [
      [brief, tokens],
      [tokens, brief],
    ] as const) {
      const there = begin({ token: session.tokenNow(writer), tokens: reader }, new FakeClocks(clocks.wall() - 1000))
      there.clocks.pass(99)
      assert.equal(there.seen()?.because, 'pinned')
      there.clocks.pass(1)
      assert.equal(there.seen(), undefined)
    }
  })

  test('needs keys that are worth something, which no message shows', () => {
    for (const [options, message] of [
      [{ keys: [] }, 'keys: must be a list of at least one key, found a list of 0'],
      [{ keys: 'a key of sixteen bytes or more' }, 'keys: must be a list of at least one key, found string'],
      [{ keys: [undefined] }, 'keys[0]: must be a text of at least 16 bytes, found undefined'],
      [{ keys: ['a key of sixteen bytes', 'short'] }, 'keys[1]: must be a text of at least 16 bytes, found 5 bytes'],
      [{ keys: ['ääääääää'], maxAgeMs: 0 }, 'maxAgeMs: must be a number above 0, found 0'],
    ] as const) {
      assert.throws(() => sessionTokens(options as never), { name: 'ConfigError', message })
    }
  })
})

describe('positions', () => {
  const at = (lsn: bigint, timeline = 1): Position => ({ system: '7301', timeline, lsn })
  const shop = (position: Position | 'unknown') => ({ clusterId: 'shop', shard: undefined, position })

  test('of other devices are kept, the greatest of each place', async () => {
    const { session } = begin()
    session.mustSee([shop(at(5n)), shop(at(9n)), shop(at(7n)), { ...shop(at(1n)), shard: 'eu' }])

    assert.deepEqual(await session.positions(), [shop(at(9n)), { ...shop(at(1n)), shard: 'eu' }])
  })

  test('known and unknown are kept side by side, and travel so in a token', async () => {
    const { session } = begin()
    session.mustSee([shop(at(5n)), shop('unknown'), shop(at(9n))])

    const { session: other } = begin({ token: await session.token(tokens), tokens })
    for (const it of [session, other]) assert.deepEqual(await it.positions(), [shop(at(9n)), shop('unknown')])
  })

  test('that it began with are no news', async () => {
    const { session } = begin()
    session.mustSee([shop(at(5n)), shop('unknown')])

    assert.deepEqual([session.hasMoved, await session.news()], [false, []])
  })
})
