import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NoPrimaryError, outcomeOf } from '../../src/index.js'
import { Pool } from '../../src/pg.js'
import { clusterAndPool, eventually, next } from '../support/pool.js'

async function failureOf(work: Promise<unknown>): Promise<Error> {
  return work.then(
    () => assert.fail('it did not fail'),
    (error: Error) => error,
  )
}

const held = (pool: { stats(): { held: number } }, count: number) =>
  eventually(
    () => pool.stats().held,
    (it) => it === count,
  )

/** What was sent on a connection that was dead already, and nobody had heard of it, may have happened. */
const noticed = (pool: Pool) =>
  eventually(
    () => pool.stats().nodes.find((it) => it.node === 'primary')?.connections.total,
    (left) => left === 0,
  )

test('what needs a primary waits while there is none, and runs on the next one, once and in its order; reads go on', async (t) => {
  const { cluster, pool } = await clusterAndPool(t, { max: 1 })
  await pool.query('create table t (n int, id serial)')
  await cluster.waitForReplay()
  await cluster.stop('primary', 'kill')
  await eventually(
    () => pool.view().nodes.find((it) => it.name === 'primary')?.health.state,
    (state) => state === 'down',
  )
  const inserts = Array.from({ length: 40 }, (_, n) => pool.query('insert into t (n) values ($1)', [n]))
  const transaction = (async () => {
    const client = await pool.connect()
    await client.query('begin')
    await client.query('insert into t (n) values (40)')
    await client.query('commit')
    client.release()
  })()
  await held(pool, 41)
  assert.deepEqual((await pool.query('select count(*)::int as n from t')).rows, [{ n: 0 }])
  const released = next(pool, 'writesReleased')
  await cluster.promote('replica-1')
  await Promise.all([...inserts, transaction])
  const { rows } = await pool.query({ text: 'select n from t order by id', route: 'primary' })
  assert.deepEqual(
    rows.map((it) => it['n']),
    Array.from({ length: 41 }, (_, n) => n),
  )
  assert.equal((await released)['count'], 41)
  assert.equal(pool.stats().held, 0)
})

test('what waits for too long fails, was not sent, and says what it was, how long, and why each node did not do', async (t) => {
  const { cluster, pool } = await clusterAndPool(t, { holdWritesMs: 700 })
  await pool.query('select 1')
  await cluster.stop('primary', 'kill')
  for (const [what, failed] of [
    ['the write', failureOf(pool.query('create table t (n int)'))],
    ['the transaction', failureOf(pool.transaction(async () => undefined))],
    ['the read \\(strong\\)', failureOf(pool.query({ text: 'select 1', consistency: 'strong' }))],
  ] as const) {
    const error = await failed
    assert.ok(error instanceof NoPrimaryError, error.message)
    assert.equal(outcomeOf(error), 'not-sent')
    const nodes = 'primary .*, replica-1 is a replica, replica-2 is a replica'
    assert.match(error.message, new RegExp(`^no primary can take ${what}; it waited \\d+ ms: ${nodes}`))
  }
})

test('no more wait than may, and the end of the pool ends the wait', async (t) => {
  const { cluster, pool } = await clusterAndPool(t, { maxHeldWrites: 2 })
  await pool.query('select 1')
  await cluster.stop('primary', 'kill')
  const two = [1, 2].map(() => failureOf(pool.query('create table t (n int)')))
  await held(pool, 2)
  assert.match((await failureOf(pool.query('create table t (n int)'))).message, /and 2 others wait for one already/)
  await pool.end()
  for (const error of await Promise.all(two)) assert.match(error.message, /the pool was ended/)
})

test('nothing waits where no node has ever answered, or the primary refuses us', async (t) => {
  const { cluster, pool } = await clusterAndPool(t, { password: 'wrong' })
  await pool.end()
  const wrong = new URL(cluster.primary.url)
  wrong.password = 'wrong'
  const refused = new Pool({ primary: wrong.href, replicas: cluster.replicas.map((it) => it.url) })
  t.after(() => refused.end())
  const startedMs = performance.now()
  assert.match((await failureOf(refused.query('create table t (n int)'))).message, /password authentication failed/)
  assert.ok(performance.now() - startedMs < 9000)
})

test('a pause lets what is under way finish and holds the rest, reads but for those that the primary alone can answer go on', async (t) => {
  const { pool } = await clusterAndPool(t)
  await pool.query('create table t (n int)')
  const client = await pool.connect()
  await client.query('begin')
  await client.query('insert into t values (1)')
  assert.equal(await pool.pause({ waitMs: 50 }), false)
  const insert = pool.query('insert into t values (2)')
  await held(pool, 1)
  assert.deepEqual((await pool.query({ text: 'select count(*)::int as n from t', route: 'primary' })).rows, [{ n: 0 }])
  const paused = pool.pause()
  await client.query('commit')
  client.release()
  assert.equal(await paused, true)
  pool.resume()
  await insert
  const { rows } = await pool.query({ text: 'select n from t order by n', route: 'primary' })
  assert.deepEqual(rows, [{ n: 1 }, { n: 2 }])
})

test('a primary made read-only for a switchover refuses, and no write fails for it', async (t) => {
  const { cluster, pool } = await clusterAndPool(t)
  await pool.query('create table t (n int)')
  const errors: string[] = []
  let [isOver, written] = [false, 0]
  const alone = () => pool.query('insert into t values (1)')
  const inTransaction = async () => {
    const client = await pool.connect()
    try {
      await client.query('begin')
      await client.query('insert into t values (1)')
      await client.query('commit')
    } finally {
      client.release()
    }
  }
  const writers = [alone, alone, inTransaction, inTransaction].map(async (write) => {
    while (!isOver) {
      await write().then(
        () => written++,
        (error: Error) => errors.push(error.message),
      )
    }
  })
  await eventually(
    () => written,
    (it) => it > 20,
  )
  await cluster.primary.admin('alter system set default_transaction_read_only = on')
  await cluster.primary.admin('select pg_reload_conf()')
  await eventually(
    () => pool.stats().held,
    (it) => it === 4,
  )
  await cluster.waitForReplay()
  await cluster.stop('primary', 'fast')
  await cluster.promote('replica-1')
  const before = written
  await eventually(
    () => written,
    (it) => it > before + 20,
  )
  isOver = true
  await Promise.all(writers)
  assert.deepEqual(errors, [])
  const { rows } = await pool.query({ text: 'select count(*)::int as n from t', route: 'primary' })
  assert.deepEqual(rows, [{ n: written }])
})

test('an old primary gets no write while the new one is away, nor the commit of a transaction that it has open', async (t) => {
  const { cluster, pool } = await clusterAndPool(t, { holdWritesMs: 500 })
  await pool.query('create table t (n int)')
  await cluster.waitForReplay()
  const client = await pool.connect()
  await client.query('begin')
  await client.query('insert into t values (1)')
  const fenced = next(pool, 'nodeFenced')
  await cluster.promote('replica-1')
  assert.deepEqual(await fenced, { node: 'primary', fence: 'older-timeline' })
  assert.equal(outcomeOf(await failureOf(client.query('commit'))), 'not-sent')
  client.release()
  await pool.query('insert into t values (2)')
  await cluster.stop('replica-1', 'kill')
  const error = await failureOf(pool.query('insert into t values (3)'))
  assert.match(error.message, /primary is not believed: it says that it is the primary, on an older timeline/)
  assert.deepEqual(await cluster.nodes[0]?.admin('select count(*)::int as n from t'), [{ n: 0 }])
})

test('a replica that follows an old primary, or nobody, reads only where no other can', async (t) => {
  const { cluster } = await clusterAndPool(t)
  const pool = new Pool({
    nodes: cluster.nodes.map((it) => ({ url: it.adminUrl, name: it.name })),
    probe: { everyMs: 100 },
  })
  t.after(() => pool.end())
  await pool.query('select 1')
  const isReceiving = () => pool.view().nodes.map((it) => it.isReceiving)
  await eventually(isReceiving, (it) => it.join() === ',true,true')
  // Replica 2 goes on with the old one, which nobody believes any more.
  await cluster.node('replica-1').admin('select pg_promote()')
  await eventually(isReceiving, (it) => it.join() === ',,false')
})

test('an endpoint that is never taken out, such as a proxy, is tried again until it takes the write', async (t) => {
  const { cluster } = await clusterAndPool(t)
  const [primary, ...replicas] = cluster.nodes.map((it) => ({ url: it.url, name: it.name }))
  const pool = new Pool({ primary: { ...primary, neverEject: true }, replicas, probe: { everyMs: 200 } })
  t.after(() => pool.end())
  await pool.query('create table t (n int)')
  await cluster.stop('primary', 'kill')
  await noticed(pool)
  const write = pool.query('insert into t values (1)')
  await held(pool, 1)
  await cluster.start('primary')
  await write
  assert.deepEqual((await pool.query({ text: 'select n from t', route: 'primary' })).rows, [{ n: 1 }])
})

test('clients, reads and writes wait out a moment in which every node is away', async (t) => {
  const { cluster, pool } = await clusterAndPool(t)
  await pool.query('create table t (n int)')
  await cluster.waitForReplay()
  await Promise.all(cluster.nodes.map((it) => it.stop('kill')))
  await noticed(pool)
  const read = pool.query('select count(*)::int as n from t')
  const client = await pool.connect()
  const write = client.query('insert into t values (1)')
  await held(pool, 2)
  await Promise.all(cluster.nodes.map((it) => it.start()))
  await write
  client.release()
  assert.equal((await read).rows.length, 1)
})
