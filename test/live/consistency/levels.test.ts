import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { ConsistencyError, outcomeOf, withSession } from '../../../src/index.js'
import type { Pool, PoolOptions } from '../../../src/pg.js'
import { startCluster, type TestCluster, type TestContext } from '../../../src/testing.js'
import { eventually, next, PATIENT, poolOver } from '../../support/pool.js'

let cluster: TestCluster
let counter = 0

before(async () => {
  cluster = await startCluster({ replicas: 2 })
  await cluster.primary.admin('create table notes (id int primary key, body text)')
  await cluster.primary.admin('grant all on notes to app')
  await cluster.waitForReplay()
})
after(() => cluster?.stop())
beforeEach(() => cluster.forgetStatements())
afterEach(async () => {
  for (const { name } of cluster.replicas) await cluster.resumeReplay(name)
  await cluster.waitForReplay()
})

/** A pool that knows where every node stands. */
async function open(t: TestContext, options: PoolOptions = {}): Promise<Pool> {
  const pool = poolOver(cluster, { probe: PATIENT, ...options })
  t.after(() => pool.end())
  await pool.query('select 1')
  await eventually(
    () => pool.view().nodes.map((it) => it.progress.position !== undefined),
    (known) => known.every(Boolean),
  )
  return pool
}

async function write(pool: Pick<Pool, 'query'>): Promise<number> {
  const id = ++counter
  await pool.query('insert into notes values ($1, $2)', [id, 'mine'])
  return id
}

async function sees(pool: Pick<Pool, 'query'>, id: number): Promise<boolean> {
  const { rows } = await pool.query('select body from notes where id = $1', [id])
  return rows.length === 1
}

const pauseAll = () => Promise.all(cluster.replicas.map(({ name }) => cluster.pauseReplay(name)))
const ranOn = (text: string) => cluster.nodesThatRan(text)

describe('a session', () => {
  test('sees its own write, on a replica', async (t) => {
    const pool = await open(t, { waitMs: 5000 })
    await withSession(async () => {
      assert.ok(await sees(pool, await write(pool)))
    })
    const [node] = await ranOn('select body from notes where id = $1')
    assert.match(node ?? '', /^replica-/)
    assert.equal(pool.stats().routes['behind'], 0)
  })

  test('reads on the replica that has its write while the other has not', async (t) => {
    const pool = await open(t, { waitMs: 5000 })
    await cluster.pauseReplay('replica-1')
    await withSession(async () => {
      const id = await write(pool)
      for (let i = 0; i < 20; i++) assert.ok(await sees(pool, id))
    })
    assert.deepEqual(await ranOn('select body from notes where id = $1'), ['replica-2'])
  })

  test('reads on the primary while no replica has its write, says so, and leaves when one has', async (t) => {
    const pool = await open(t)
    await pauseAll()
    const ahead = next(pool, 'readWasAhead')
    await withSession(async () => {
      const id = await write(pool)
      assert.ok(await sees(pool, id))
      assert.deepEqual(await ranOn('select body from notes where id = $1'), ['primary'])
      assert.deepEqual(pool.route('select 1')?.reason, 'behind')

      await cluster.resumeReplay('replica-1')
      await eventually(
        async () => {
          await pool.query('select 2 as later')
          return ranOn('select 2 as later')
        },
        (nodes) => nodes.some((it) => it === 'replica-1'),
      )
    })
    assert.equal((await ahead)['level'], 'session')
  })

  test('fails with ConsistencyError, which says where each node stands, if it must not use the primary', async (t) => {
    const pool = await open(t, { whenBehind: 'fail' })
    await pauseAll()
    await withSession(async () => {
      const id = await write(pool)
      await assert.rejects(sees(pool, id), (error: ConsistencyError) => {
        assert.ok(error instanceof ConsistencyError)
        assert.match(error.message, /must see, 1\/[\dA-F/]+, after \d+ ms: .*replica-1 is at 1\//)
        return true
      })
    })
  })

  test('never goes back in time, whatever the balancer likes', async (t) => {
    const behind = 'replica-2'
    const pool = await open(t, { balancer: (nodes) => nodes.find((it) => it.name === behind) ?? (nodes[0] as never) })
    await cluster.pauseReplay(behind)
    const id = await write(pool)
    await cluster.waitForReplay({ nodes: ['replica-1'] })
    await withSession(async () => {
      const { rows } = await pool.query({
        text: 'select id from notes where id = $1',
        values: [id],
        route: { node: 'replica-1' },
        consistency: 'session',
      })
      assert.equal(rows.length, 1)
      for (let i = 0; i < 20; i++) assert.ok(await sees(pool, id))
    })
    assert.equal(await sees(pool, id), false, 'outside of the session it is another matter')
  })

  test('shares what it wrote between branches that run at the same time', async (t) => {
    const pool = await open(t)
    await pauseAll()
    await withSession(async () => {
      const ids = await Promise.all([write(pool), write(pool)])
      const seen = await Promise.all(ids.flatMap((id) => [sees(pool, id), sees(pool, id)]))
      assert.ok(seen.every(Boolean))
    })
  })

  test('sees what its transaction wrote, and only once that is committed', async (t) => {
    const pool = await open(t)
    await pauseAll()
    await withSession(async () => {
      const client = await pool.connect()
      await client.query('begin')
      const id = await write(client)
      await client.query('commit')
      client.release()
      assert.ok(await sees(pool, id))
    })
  })

  test('reads in a read-only transaction on a replica that has its write', async (t) => {
    const pool = await open(t, { waitMs: 5000 })
    await cluster.pauseReplay('replica-1')
    await withSession(async () => {
      const id = await write(pool)
      const client = await pool.connect()
      await client.query('begin read only')
      assert.ok(await sees(client, id))
      await client.query('commit')
      client.release()
    })
    assert.deepEqual(await ranOn('begin read only'), ['replica-2'])
  })

  test('that is a checked-out client sees its own write too', async (t) => {
    const pool = await open(t)
    await pauseAll()
    const client = await pool.connect()
    assert.ok(await sees(client, await write(client)))
    client.release()
  })

  test('may miss its write inside withoutPin', async (t) => {
    const pool = await open(t)
    await pauseAll()
    await withSession(async (session) => {
      const id = await write(pool)
      assert.equal(await session.withoutPin(() => sees(pool, id)), false)
      assert.ok(await sees(pool, id))
    })
  })

  test('would rather fail than be stale when the primary dies with the position of its write', async (t) => {
    const pool = await open(t, { acquireTimeoutMs: 500, waitMs: 5 })
    await pauseAll()
    const failure = await withSession(async () => {
      await write(pool)
      await cluster.stop('primary', 'kill')
      return pool.query('select 3 as lost').catch((error: unknown) => error)
    })
    await pool.query('select 4 as others')
    await cluster.start('primary')

    assert.equal(outcomeOf(failure), 'not-sent')
    assert.deepEqual(await ranOn('select 3 as lost'), [])
    assert.match((await ranOn('select 4 as others')).join(), /^replica-/)
  })
})

describe('the level', () => {
  test('eventual shows what a replica has, for a session, a call or a pool', async (t) => {
    const [usual, eventual] = [await open(t), await open(t, { consistency: 'eventual' })]
    await pauseAll()
    await withSession({ consistency: 'eventual' }, async () => {
      assert.equal(await sees(usual, await write(usual)), false)
    })
    await withSession(async () => {
      const text = 'select id from notes where id = $1'
      const id = await write(usual)
      assert.equal((await usual.query({ text, values: [id], consistency: 'eventual' })).rows.length, 0)
      assert.equal(await sees(eventual, await write(eventual)), false)
    })
  })

  test('strong reads on the primary', async (t) => {
    const pool = await open(t)
    await pauseAll()
    const id = await write(pool)
    const { rows } = await pool.query({
      text: 'select id from notes where id = $1',
      values: [id],
      consistency: 'strong',
    })
    assert.equal(rows.length, 1)
    assert.equal(await withSession({ consistency: 'strong' }, () => sees(pool, id)), true)
    assert.equal(pool.stats().routes['strong'], 2)
  })

  test('maxLagMs keeps off a replica that is further behind, and the primary reads when all are', async (t) => {
    const pool = await open(t, { consistency: { maxLagMs: 2000 } })
    await cluster.pauseReplay('replica-1')
    const id = await write(pool)
    await eventually(
      () => pool.query('select 5 as bounded').then(() => ranOn('select 5 as bounded')),
      (nodes) => nodes.includes('replica-2'),
    )
    await eventually(
      () => lagMs(pool, 'replica-1'),
      (ms) => ms > 2500,
    )
    cluster.forgetStatements()
    for (let i = 0; i < 20; i++) assert.ok(await sees(pool, id))
    assert.deepEqual(await ranOn('select body from notes where id = $1'), ['replica-2'])

    await cluster.pauseReplay('replica-2')
    const late = await write(pool)
    await eventually(
      () => sees(pool, late),
      (seen) => seen,
    )
    assert.deepEqual(pool.route('select 1')?.node, 'primary')
  })

  test('maxLagBytes counts what is not replayed', async (t) => {
    const pool = await open(t, { consistency: { maxLagBytes: 100_000 } })
    await cluster.pauseReplay('replica-1')
    await pool.query("insert into notes select -n, repeat('x', 500) from generate_series(1, 1000) n")
    await eventually(
      () => pool.stats().nodes.map((it) => it.lag?.bytes ?? 0),
      ([, one = 0, two = 0]) => one > 100_000 && two < 100_000,
    )
    for (let i = 0; i < 20; i++) await pool.query('select 6 as few_bytes')
    const nodes = await ranOn('select 6 as few_bytes')
    assert.ok(!nodes.includes('replica-1'), nodes.join())
  })
})

/** How far behind a node is, as the pool's own view tells it. */
function lagMs(pool: Pool, name: string): number {
  return pool.stats().nodes.find((it) => it.node === name)?.lag?.ms ?? 0
}
