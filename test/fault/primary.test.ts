import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NoPrimaryError, NoReplicaError, outcomeOf } from '../../src/index.js'
import { Pool } from '../../src/pg.js'
import { clusterAndPool, eventually } from '../support/pool.js'

async function failureOf(work: Promise<unknown>): Promise<Error> {
  return work.then(
    () => assert.fail('it did not fail'),
    (error: Error) => error,
  )
}

test('writes follow a promotion, and the old primary is fenced when it comes back as a primary', async (t) => {
  const { cluster, pool } = await clusterAndPool(t)
  await pool.query('create table t (a int)')
  await cluster.waitForReplay()
  await cluster.stop('primary', 'immediate')
  await cluster.promote('replica-1')
  await eventually(
    () => pool.view().nodes.find((it) => it.name === 'replica-1')?.role,
    (role) => role === 'primary',
  )
  await pool.query('insert into t values (1)')
  await cluster.start('primary')
  await eventually(
    () => pool.view().nodes.find((it) => it.name === 'primary')?.health.state,
    (state) => state === 'up',
  )
  cluster.forgetStatements()
  await pool.query('insert into t values (2)')
  assert.deepEqual(await cluster.nodesThatRan('insert into t values (2)'), ['replica-1'])
})

test('a write follows a promotion at once, though all idle connections there still take it for a replica', async (t) => {
  const { cluster, pool } = await clusterAndPool(t, { idleTimeoutMillis: 0 }, { replicas: 1 })
  await pool.query('create table t (a int)')
  await cluster.waitForReplay()
  const client = await pool.connect()
  await client.query('select 1')
  await Promise.all(Array.from({ length: 5 }, () => pool.query('select pg_sleep(0.05)')))
  await cluster.stop('primary', 'immediate')
  await cluster.promote('replica-1')
  await eventually(
    () => pool.view().nodes.find((it) => it.name === 'replica-1')?.role,
    (role) => role === 'primary',
  )
  await client.query('insert into t values (1)')
  client.release()
  await pool.query('insert into t values (2)')
  const { rows } = await pool.query({ text: 'select a from t order by a', route: 'primary' })
  assert.deepEqual(rows, [{ a: 1 }, { a: 2 }])
})

test('a primary that is silent for too long gives up its writes as unknown, and reads go on', async (t) => {
  const { cluster, pool } = await clusterAndPool(t, { probe: { everyMs: 100, timeoutMs: 1500, hungAfterMs: 2000 } })
  await pool.query('create table t (a int)')
  await cluster.waitForReplay()
  cluster.freeze('primary')
  const [write, read] = await Promise.all([
    failureOf(pool.query('insert into t values (1)')),
    pool.query('select 1 as n'),
  ])
  cluster.thaw('primary')
  assert.equal(outcomeOf(write), 'unknown')
  assert.deepEqual(read.rows, [{ n: 1 }])
})

test('without a primary, and none to be waited for, a write fails at once, was not sent, and the error names every node', async (t) => {
  const { cluster, pool } = await clusterAndPool(t, { holdWritesMs: 0 })
  await pool.query('select 1')
  await cluster.stop('primary', 'kill')
  const error = await eventually(
    () => failureOf(pool.query('create table t (a int)')),
    (it) => it instanceof NoPrimaryError,
  )
  assert.equal(outcomeOf(error), 'not-sent')
  for (const name of ['primary', 'replica-1', 'replica-2']) assert.ok(error.message.includes(name), error.message)
})

test('with all replicas down, the primary reads', async (t) => {
  const { cluster, pool } = await clusterAndPool(t)
  await pool.query('select 1')
  await Promise.all(cluster.replicas.map((it) => it.stop('kill')))
  cluster.forgetStatements()
  await Promise.all(Array.from({ length: 20 }, () => pool.query('select 2 as fallen')))
  assert.deepEqual(await cluster.nodesThatRan('select 2 as fallen'), ['primary'])
})

test("with primaryReads: 'never' a read fails rather than use the primary", async (t) => {
  const { cluster, pool } = await clusterAndPool(t, { primaryReads: 'never' })
  await pool.query('select 1')
  await Promise.all(cluster.replicas.map((it) => it.stop('kill')))
  // Before that, what a dying server says of the read is the error.
  await eventually(
    () => pool.view().nodes.filter((it) => it.role === 'replica' && it.health.state === 'up').length,
    (left) => left === 0,
  )
  const error = await failureOf(pool.query('select 3'))
  assert.ok(error instanceof NoReplicaError, error.message)
})

test('the primary serves no more reads at once than its budget, and all of them in the end', async (t) => {
  const { cluster, pool } = await clusterAndPool(t, { primaryReads: { maxConcurrent: 2 } })
  await pool.query('select 1')
  await Promise.all(cluster.replicas.map((it) => it.stop('kill')))
  let most = 0
  const reads = Array.from({ length: 12 }, () => pool.query('select pg_sleep(0.02)'))
  let isOver = false
  const all = Promise.all(reads).then(() => {
    isOver = true
  })
  await eventually(
    () => {
      most = Math.max(most, pool.stats().primaryReads.inUse)
      return isOver
    },
    (over) => over,
  )
  await all
  assert.equal(most, 2)
})

test('a pool starts with its primary down, and writes when it comes', async (t) => {
  const { cluster, pool } = await clusterAndPool(t)
  await cluster.stop('primary', 'fast')
  assert.deepEqual((await pool.query('select 1 as n')).rows, [{ n: 1 }])
  await cluster.start('primary')
  await pool.query('create table late (a int)')
})

test('a URL of several hosts finds its primary by asking, whatever the order', async (t) => {
  const { cluster } = await clusterAndPool(t)
  const hosts = [...cluster.replicas, cluster.primary].map((it) => `127.0.0.1:${it.port}`)
  const url = new URL(cluster.primary.url)
  const pool = new Pool({
    connectionString: `postgres://${url.username}:${url.password}@${hosts.join(',')}${url.pathname}`,
  })
  t.after(() => pool.end())
  await pool.query('create table asked (a int)')
  assert.deepEqual(await cluster.nodesThatRan('create table asked (a int)'), ['primary'])
})

test('an idle connection that breaks ends neither the process nor the service of its node', async (t) => {
  const { cluster, pool } = await clusterAndPool(t)
  await Promise.all(Array.from({ length: 10 }, () => pool.query('select pg_sleep(0.01)')))
  for (const node of cluster.nodes) {
    await node.admin(
      "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'app' and pid <> pg_backend_pid()",
    )
  }
  await eventually(
    () => pool.view().nodes.every((it) => it.health.state === 'up'),
    (up) => up,
  )
  assert.deepEqual((await pool.query('select 4 as n')).rows, [{ n: 4 }])
})

test('a transaction whose connection is lost fails, and its client runs nothing more', async (t) => {
  const { cluster, pool } = await clusterAndPool(t)
  await pool.query('create table t (a int)')
  const client = await pool.connect()
  await client.query('begin')
  await client.query('insert into t values (1)')
  await cluster.restart('primary', 'immediate')
  await failureOf(client.query('insert into t values (2)'))
  await failureOf(client.query('commit'))
  client.release()
  await eventually(
    () => pool.view().nodes.every((it) => it.health.state === 'up'),
    (up) => up,
  )
  const { rows } = await pool.query({ text: 'select count(*)::int as n from t', route: 'primary' } as never)
  assert.deepEqual(rows, [{ n: 0 }])
})
