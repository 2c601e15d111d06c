import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import pg from 'pg'
import { outcomeOf } from '../../../src/index.js'
import type { Pool, PoolOptions } from '../../../src/pg.js'
import { startCluster, type TestCluster, type TestContext } from '../../../src/testing.js'
import { clusterAndPool, eventually, PATIENT, poolOver } from '../../support/pool.js'

let cluster: TestCluster

before(async () => {
  const settings = { max_standby_streaming_delay: '0', hot_standby_feedback: 'off' }
  cluster = await startCluster({ replicas: 2, settings })
  await cluster.primary.admin('create table held (a int)')
  await cluster.primary.admin('grant all on held to app')
  await cluster.waitForReplay()
})

after(() => cluster?.stop())

/** A pool whose nodes are all known to be well; what a test stops runs again after it. */
async function open(t: TestContext, options: PoolOptions = {}): Promise<Pool> {
  const pool = poolOver(cluster, options)
  t.after(async () => {
    await pool.end()
    for (const node of cluster.replicas) if (!node.isRunning) await node.start()
    cluster.forgetStatements()
  })
  await allUp(pool)
  return pool
}

const stateOf = (pool: Pool, name: string) => pool.view().nodes.find((it) => it.name === name)?.health.state

async function allUp(pool: Pool): Promise<void> {
  await pool.query('select 1')
  await eventually(
    () => pool.view().nodes.map((it) => it.health.state),
    (states) => states.every((it) => it === 'up'),
  )
}

/** The first message of that name from now on: ask for it when it should be there. The pool keeps no process alive. */
function hear(pool: Pool, name: string): () => Promise<Record<string, unknown>> {
  const heard: Record<string, unknown>[] = []
  pool.on(name as never, (message: never) => heard.push(message))
  return async () =>
    (
      await eventually(
        () => heard,
        (all) => all.length > 0,
      )
    )[0] as Record<string, unknown>
}

const runsOn = (node: string, text: string) =>
  cluster
    .node(node)
    .statements()
    .filter((it) => it === text).length

test('a node is out at its first failure, and no statement of a user touches it until a probe was answered', async (t) => {
  const pool = await open(t, { ejectMs: 60_000, probe: { everyMs: 100 } })
  const down = hear(pool, 'nodeWentDown')
  const tried: unknown[] = []
  await cluster.stop('replica-1', 'immediate')
  await down()
  await eventually(
    () => stateOf(pool, 'replica-1'),
    (state) => state === 'down',
  )
  await cluster.start('replica-1')
  pool.on('statementRetried', (message) => tried.push(message))
  const text = 'select 1 as while_down'
  for (let i = 0; i < 50; i++) await pool.query(text)
  assert.equal(stateOf(pool, 'replica-1'), 'down')
  assert.equal(runsOn('replica-1', text), 0)
  assert.deepEqual(tried, [])
})

test('a node that came back serves again after its probe', async (t) => {
  const pool = await open(t, { ejectMs: 100 })
  const down = hear(pool, 'nodeWentDown')
  await cluster.stop('replica-1', 'kill')
  await down()
  const up = hear(pool, 'nodeCameUp')
  await cluster.start('replica-1')
  assert.equal((await up())['node'], 'replica-1')
  const text = 'select 1 as back_again'
  await eventually(
    async () => {
      await pool.query(text)
      return runsOn('replica-1', text)
    },
    (runs) => runs > 0,
  )
})

test('reads that broke off before any row run elsewhere, in the pool and in its clients', async (t) => {
  const pool = await open(t, { probe: PATIENT })
  const client = await pool.connect()
  const work = [
    ...Array.from({ length: 6 }, () => pool.query('select pg_sleep(0.5), 7 as n')),
    client.query('select pg_sleep(0.5), 7 as n'),
  ]
  await eventually(
    () => cluster.replicas.map((it) => runsOn(it.name, 'select pg_sleep(0.5), 7 as n')),
    (runs) => runs.every((it) => it > 0),
  )
  await cluster.stop('replica-1', 'kill')
  const results = await Promise.all(work)
  client.release()
  assert.ok(results.every((it) => it.rows[0].n === 7))
})

test('the place of a read on the primary is one, also when the read is tried there again', async (t) => {
  const pool = await open(t, { primaryReads: { maxConcurrent: 1 }, probe: PATIENT })
  await Promise.all(cluster.replicas.map((it) => it.stop('kill')))
  cluster.forgetStatements()
  const text = 'select pg_sleep(1), 8 as n'
  const read = pool.query(text)
  await eventually(
    () => cluster.nodesThatRan(text),
    (nodes) => nodes.join() === 'primary',
  )
  await cluster.cut('primary')
  await cluster.heal('primary')
  assert.equal((await read).rows[0].n, 8)
  assert.deepEqual(pool.stats().primaryReads, { inUse: 0, waiting: 0 })
})

test('isConnectionError takes a node out for an error of your choice, and keeps it for another', async (t) => {
  const asked: unknown[] = []
  const pool = await open(t, {
    ejectMs: 60_000,
    isConnectionError: (error) => {
      asked.push(error)
      return (error as pg.DatabaseError).code === '22012' ? true : undefined
    },
  })
  await assert.rejects(pool.query({ text: 'select 1/0', route: { node: 'replica-1' } }), { code: '22012' })
  assert.equal(stateOf(pool, 'replica-1'), 'down')
  await assert.rejects(pool.query({ text: 'select nothing', route: { node: 'replica-2' } }), { code: '42703' })
  assert.equal(stateOf(pool, 'replica-2'), 'up')
  assert.ok(asked.every((it) => it instanceof pg.DatabaseError))
})

test('isConnectionError can keep a node in that we would take out', async (t) => {
  const pool = await open(t, { isConnectionError: () => false, probe: { everyMs: 60_000 } })
  const broken = assert.rejects(pool.query({ text: 'select pg_sleep(20)', route: { node: 'replica-1' } }))
  const node = cluster.node('replica-1')
  await eventually(
    () => node.admin("select pg_terminate_backend(pid) from pg_stat_activity where query = 'select pg_sleep(20)'"),
    (rows) => rows.length > 0,
  )
  await broken
  assert.equal(stateOf(pool, 'replica-1'), 'up')
})

test('a node that is never ejected stays in, and its failures are still retried', async (t) => {
  const pool = await open(t, { neverEject: true, probe: { everyMs: 100, timeoutMs: 1500 } })
  await cluster.stop('replica-1', 'kill')
  for (let i = 0; i < 20; i++) assert.deepEqual((await pool.query('select 9 as n')).rows, [{ n: 9 }])
  assert.equal(stateOf(pool, 'replica-1'), 'up')
})

test('a promotion is heard from the connections themselves, without asking', async (t) => {
  const { cluster, pool } = await clusterAndPool(t, { probe: { everyMs: 600_000, timeoutMs: 2000 } })
  await allUp(pool)
  await pool.query({ text: 'select 1', route: { node: 'replica-1' } })
  const changed = hear(pool, 'nodeChangedRole')
  await cluster.promote('replica-1', { follow: 'none' })
  await eventually(
    async () => {
      await pool.query({ text: 'select 1', route: { node: 'replica-1' } })
      return pool.view().nodes.find((it) => it.name === 'replica-1')?.role
    },
    (role) => role === 'primary',
  )
  assert.deepEqual(await changed(), { node: 'replica-1', from: 'replica', to: 'primary' })
})

test('a read that replay cancels runs elsewhere; the caller sees nothing', async (t) => {
  const pool = await open(t, { probe: PATIENT })
  const retried = hear(pool, 'statementRetried')
  const text = 'select pg_sleep(0.5), count(*)::int as n from held'
  const read = pool.query(text)
  await eventually(
    () => cluster.nodesThatRan(text),
    (names) => names.length === 1,
  )
  await cluster.primary.admin('truncate held')
  assert.equal((await read).rows[0].n, 0)
  const { because, error } = await retried()
  assert.equal(because, 'recovery-conflict')
  assert.equal((error as pg.DatabaseError).code, '40001')
  assert.ok(pool.view().nodes.every((it) => it.health.state === 'up'))
})

test('a read-only transaction that replay ends is told, and its connection is not lost to the pool', async (t) => {
  const pool = await open(t, { max: 1 })
  for (let i = 0; i < 2; i++) {
    const client = await pool.connect()
    await client.query('begin isolation level repeatable read read only')
    await client.query('select count(*) from held')
    await cluster.primary.admin('truncate held')
    const error: pg.DatabaseError = await eventually(
      () =>
        client.query('select count(*) from held').then(
          () => undefined,
          (it) => it,
        ),
      (it) => it !== undefined,
    )
    assert.match(`${error.code} ${error.message}`, /40001|not queryable|terminated/)
    client.release()
  }
  await eventually(
    () => pool.view().nodes.map((it) => it.health.state),
    (states) => states.every((it) => it === 'up'),
  )
  for (const { name } of cluster.replicas) {
    assert.deepEqual((await pool.query({ text: 'select 1 as n', route: { node: name } })).rows, [{ n: 1 }])
  }
})

test('a write that waited for a connection of a primary that fell silent was not sent', async (t) => {
  const pool = await open(t, {
    max: 1,
    probe: { everyMs: 100, timeoutMs: 1500, hungAfterMs: 2000 },
  })
  const busy = await pool.connect()
  await busy.query('begin')
  const client = await pool.connect()
  const writes = [client.query('insert into held values (1)'), pool.query('insert into held values (2)')]
  await cluster.freeze('primary')
  const failed = await Promise.allSettled(writes)
  await cluster.thaw('primary')
  for (const it of failed) assert.equal(it.status === 'rejected' && outcomeOf(it.reason), 'not-sent')
  client.release()
  busy.release(true)
})
