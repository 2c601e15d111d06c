import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Redis } from 'ioredis'
import * as redis5 from 'redis'
import * as redis4 from 'redis-4'
import { ConfigError } from '../../../src/index.js'
import { type RedisClient, redisStore } from '../../../src/redis.js'
import { need } from '../../support/need.js'
import { RedisServer, redisPart } from '../../support/redis.js'
import { at, inOrder, lastShown, RISES, shop } from '../../support/rises.js'

interface Connected {
  readonly client: RedisClient
  /** Any command, for what the test wants to know by itself. */
  readonly command: (...words: string[]) => Promise<unknown>
  readonly close: () => Promise<void>
}

const CLIENTS: Readonly<Record<string, (url: string) => Promise<Connected>>> = {
  'redis 5': async (url) => {
    const client = await redis5.createClient({ url }).connect()
    return { client, command: (...words) => client.sendCommand(words), close: () => client.close() }
  },
  'redis 4': async (url) => {
    const client = await redis4.createClient({ url }).connect()
    return { client, command: (...words) => client.sendCommand(words), close: () => client.disconnect() }
  },
  'ioredis 5': async (url) => {
    const client = new Redis(url)
    const command = (name = '', ...words: string[]) => client.call(name, ...words)
    return { client, command, close: async () => void (await client.quit()) }
  },
}

describe('a session store in Redis', need(redisPart('the session store in Redis')), () => {
  let server: RedisServer

  before(async () => {
    server = await RedisServer.start()
  })
  after(() => server?.stop())

  for (const [name, connect] of Object.entries(CLIENTS)) {
    describe(`on ${name}`, () => {
      let it: Connected

      before(async () => {
        it = await connect(server.url)
        await it.command('FLUSHALL')
      })
      after(() => it?.close())

      for (const { title, rises, shows } of RISES) {
        test(title, async () => assert.deepEqual(await lastShown(redisStore(it.client), title, rises), shows))
      }

      test('loses nothing when many raise at once', async () => {
        const store = redisStore(it.client)
        const lsns = Array.from({ length: 200 }, (_, index) => BigInt((index * 77) % 200))
        await Promise.all(lsns.map((lsn) => store.raise('many', [shop(at(1, lsn)), shop(at(1, lsn + 1n), 'eu')])))
        assert.deepEqual(inOrder(await store.load('many')), [shop(at(1, 199n)), shop(at(1, 200n), 'eu')])
      })

      test('lets a key go after its time, counted from its last rise', async () => {
        const store = redisStore(it.client, { prefix: 'short:', ttlMs: 60_000 })
        await store.raise('u1', [shop(at(1, 1n))])
        await it.command('PEXPIRE', 'short:u1', '5000')
        await store.load('u1')
        const loaded = await it.command('PTTL', 'short:u1')
        assert.ok(Number(loaded) <= 5000, `a load has prolonged it: ${loaded}`)
        await store.raise('u1', [shop(at(1, 1n))])
        const raised = await it.command('PTTL', 'short:u1')
        assert.ok(Number(raised) > 5000 && Number(raised) <= 60_000, `left: ${raised}`)
      })

      test('an unknown position ends by its own time, which later positions do not prolong', async () => {
        const store = redisStore(it.client)
        await store.raise('unknown', [shop('unknown')])
        await it.command('HSET', 'sluice:session:unknown', '?["shop"]', '1000')
        await store.raise('unknown', [shop(at(1, 1n))])
        assert.deepEqual(await store.load('unknown'), [shop(at(1, 1n))])
        assert.equal(await it.command('HLEN', 'sluice:session:unknown'), 1)
      })

      test('sends the script again when the server has forgotten it', async () => {
        const store = redisStore(it.client)
        await store.raise('forgot', [shop(at(1, 1n))])
        await it.command('SCRIPT', 'FLUSH')
        await store.raise('forgot', [shop(at(1, 2n))])
        assert.deepEqual(await store.load('forgot'), [shop(at(1, 2n))])
      })

      test('does not believe what somebody else has put there', async () => {
        const store = redisStore(it.client)
        await it.command('SET', 'sluice:session:text', 'hello')
        await assert.rejects(store.load('text'), /WRONGTYPE/)
        await it.command('HSET', 'sluice:session:hash', '=["shop"]', 'hello')
        await assert.rejects(store.load('hash'), /choose another prefix/)
      })

      test('keeps the keys of two prefixes apart', async () => {
        await redisStore(it.client, { prefix: 'one:' }).raise('u1', [shop(at(1, 1n))])
        assert.deepEqual(await redisStore(it.client, { prefix: 'two:' }).load('u1'), [])
      })
    })
  }

  test('refuses what is no client, and a time that is none', () => {
    assert.throws(() => redisStore({} as RedisClient), ConfigError)
    const client = { evalsha: async () => [], eval: async () => [] }
    assert.throws(() => redisStore(client, { ttlMs: -1 }), ConfigError)
  })
})
