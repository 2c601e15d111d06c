import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { after, afterEach, before, beforeEach, describe, type TestContext, test } from 'node:test'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import {
  memoryStore,
  type SessionStore,
  type StoredSessionStart,
  type StoreFailure,
  withSession,
  withStoredSession,
} from '../../../src/index.js'
import type { Pool } from '../../../src/pg.js'
import { redisStore } from '../../../src/redis.js'
import { startCluster, type TestCluster } from '../../../src/testing.js'
import { need } from '../../support/need.js'
import { eventually, poolOver } from '../../support/pool.js'
import { RedisServer, redisPart } from '../../support/redis.js'
import { at } from '../../support/rises.js'

let cluster: TestCluster
/** Two processes that serve the same application know nothing of each other: as two pools do not. */
let phone: Pool
let laptop: Pool

before(async () => {
  cluster = await startCluster({ replicas: 2 })
  await cluster.primary.admin('create table notes (id int primary key)')
  await cluster.primary.admin('grant all on notes to app')
  await cluster.waitForReplay()
  phone = poolOver(cluster, { id: 'notes' })
  laptop = poolOver(cluster, { id: 'notes' })
  for (const pool of [phone, laptop]) {
    await pool.query('select 1')
    await eventually(
      () => pool.view().nodes.map((it) => it.role),
      (roles) => !roles.includes('unknown'),
    )
  }
})
after(async () => {
  await phone?.end()
  await laptop?.end()
  await cluster?.stop()
})
beforeEach(() => cluster.forgetStatements())
afterEach(async () => {
  for (const replica of cluster.replicas) await replica.resumeReplay()
  await cluster.waitForReplay()
})

async function pauseReplay(): Promise<void> {
  for (const replica of cluster.replicas) await replica.pauseReplay()
}

const write = (id: number) => phone.query('insert into notes values ($1)', [id])
const READ = 'select count(*)::int from notes where id = $1'
async function seenOn(pool: Pool, id: number): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(READ, [id])
  return rows[0]?.count ?? -1
}

let lastId = 0
const nextId = () => ++lastId

function failuresOf(t: TestContext): StoreFailure[] {
  const failures: StoreFailure[] = []
  const note = (message: unknown) => void failures.push(message as StoreFailure)
  subscribe('sluice:storeFailed', note)
  t.after(() => unsubscribe('sluice:storeFailed', note))
  return failures
}

/** What holds of every store that works. */
function acrossDevices(start: () => Omit<StoredSessionStart, 'key'>): void {
  test('another device sees the write, however far the replicas are behind', async () => {
    const id = nextId()
    await pauseReplay()
    await withStoredSession({ ...start(), key: `u${id}` }, () => write(id))

    assert.equal(await withStoredSession({ ...start(), key: `u${id}` }, () => seenOn(laptop, id)), 1)
    assert.equal(await withSession(() => seenOn(laptop, id)), 0, 'without the store it would not have been seen')
  })

  test('another device reads on a replica once one shows the write', async () => {
    const id = nextId()
    await withStoredSession({ ...start(), key: `u${id}` }, () => write(id))
    await cluster.waitForReplay()
    await eventually(
      () =>
        withStoredSession({ ...start(), key: `u${id}` }, async () => seenOn(laptop, id)).then(() =>
          cluster.nodesThatRan(READ),
        ),
      (nodes) => nodes.some((name) => name !== 'primary'),
    )
  })

  test('another user does not have to see it', async () => {
    const id = nextId()
    await pauseReplay()
    await withStoredSession({ ...start(), key: `u${id}` }, () => write(id))
    assert.equal(await withStoredSession({ ...start(), key: 'somebody else' }, () => seenOn(laptop, id)), 0)
  })

  test('what a failed request has written is saved too', async () => {
    const id = nextId()
    await pauseReplay()
    const failing = withStoredSession({ ...start(), key: `u${id}` }, async () => {
      await write(id)
      throw new Error('after the write')
    })
    await assert.rejects(failing, /after the write/)
    assert.equal(await withStoredSession({ ...start(), key: `u${id}` }, () => seenOn(laptop, id)), 1)
  })

  test('a request may save before its end, so that its answer comes after that', async () => {
    const id = nextId()
    await pauseReplay()
    await withStoredSession({ ...start(), key: `u${id}` }, async (_, save) => {
      await write(id)
      await save()
      assert.equal(await withStoredSession({ ...start(), key: `u${id}` }, () => seenOn(laptop, id)), 1)
    })
  })

  test('a write of unknown position makes the other device see what the primary shows', async () => {
    const id = nextId()
    const { store } = start()
    await pauseReplay()
    await write(id)
    await store.raise(`u${id}`, [{ clusterId: 'notes', shard: undefined, position: 'unknown' }])
    assert.equal(await withStoredSession({ ...start(), key: `u${id}` }, () => seenOn(laptop, id)), 1)
  })
}

describe('across devices, by the memory store', () => {
  const store = memoryStore()
  acrossDevices(() => ({ store }))

  test('nothing is saved of a session that wrote and read nothing', async () => {
    await withStoredSession({ store, key: 'idle' }, async () => {})
    assert.deepEqual(await store.load('idle'), [])
  })

  test('a position of another database makes nobody wait, and is told', async (t) => {
    await store.raise('moved', [{ clusterId: 'notes', shard: undefined, position: at(9, 2n ** 63n) }])
    const lost: unknown[] = []
    const note = (message: unknown) => void lost.push(message)
    laptop.on('positionLost', note)
    t.after(() => laptop.off('positionLost', note))
    assert.equal(await withStoredSession({ store, key: 'moved' }, () => seenOn(laptop, 0)), 0)
    assert.equal(lost.length, 1)
  })
})

const CLIENTS: Readonly<Record<string, (url: string) => Promise<{ store: SessionStore; close: () => unknown }>>> = {
  redis: async (url) => {
    const client = createClient({ url, socket: { reconnectStrategy: 20 } })
    client.on('error', () => undefined)
    await client.connect()
    return { store: redisStore(client), close: () => client.destroy() }
  },
  ioredis: async (url) => {
    const client = new Redis(url, { retryStrategy: () => 20 })
    client.on('error', () => undefined)
    return { store: redisStore(client), close: () => client.disconnect() }
  },
}

describe('across devices, by Redis', need(redisPart('devices by Redis')), () => {
  for (const [name, connect] of Object.entries(CLIENTS)) {
    describe(`on ${name}`, () => {
      let server: RedisServer
      let store: SessionStore
      let close: () => unknown

      before(async () => {
        server = await RedisServer.start()
        ;({ store, close } = await connect(server.url))
        await eventually(
          () =>
            store.load('anybody').then(
              () => true,
              () => false,
            ),
          Boolean,
        )
      })
      after(async () => {
        await close?.()
        await server?.stop()
      })

      acrossDevices(() => ({ store, timeoutMs: 5000 }))

      test('a server that dies during a request fails nobody, and is told', async (t) => {
        const id = nextId()
        const failures = failuresOf(t)
        await pauseReplay()
        const result = await withStoredSession({ store, key: `u${id}`, timeoutMs: 1000 }, async () => {
          await write(id)
          await server.kill()
          return seenOn(phone, id)
        })
        assert.equal(result, 1)
        assert.deepEqual(
          failures.map((it) => it.during),
          ['raise'],
        )

        const blind = { store, key: `u${id}`, timeoutMs: 1000 }
        assert.equal(await withStoredSession(blind, () => seenOn(laptop, id)), 1)
        const careless = { ...blind, whenStoreFails: 'ignore' } as const
        assert.equal(await withStoredSession(careless, () => seenOn(laptop, id)), 0)
        assert.ok(failures.some((it) => it.during === 'load' && it.error instanceof Error))

        await server.run()
        await eventually(
          () =>
            store.load('anybody').then(
              () => true,
              () => false,
            ),
          Boolean,
        )
        await withStoredSession({ ...blind, timeoutMs: 5000 }, () => write(nextId()))
        assert.equal((await store.load(`u${id}`)).length, 1)
      })

      test('a server that does not answer costs its time and no more, and is told', async (t) => {
        const id = nextId()
        const failures = failuresOf(t)
        server.freeze()
        try {
          await pauseReplay()
          await withStoredSession({ store, key: `u${id}`, timeoutMs: 50 }, () => write(id))
          assert.equal(await withStoredSession({ store, key: `u${id}`, timeoutMs: 50 }, () => seenOn(laptop, id)), 1)
        } finally {
          server.thaw()
        }
        assert.match(failures[0]?.error.message ?? '', /^the session store did not answer within 50 ms \(load\)$/)
        await eventually(
          () => store.load(`u${id}`),
          (it) => it.length > 0,
        )
      })
    })
  }
})
