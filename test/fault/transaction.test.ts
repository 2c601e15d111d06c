import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { outcomeOf } from '../../src/index.js'
import { Pool, type RoutedClient } from '../../src/pg.js'
import { startCluster, type TestCluster } from '../../src/testing.js'
import { eventually, poolOver } from '../support/pool.js'
import { failureOf } from '../support/servers.js'

let cluster: TestCluster
let pool: Pool
const names = ['primary', 'replica-1'] as const

before(async () => {
  cluster = await startCluster({ replicas: 1 })
  const setUp = poolOver(cluster)
  await setUp.query('create table t (n int)')
  await setUp.query('create table slow (n int)')
  // A COMMIT that takes its time, so that something can happen to it.
  await setUp.query(
    `create function sleep() returns trigger language plpgsql as 'begin perform pg_sleep(0.6); return null; end'`,
  )
  await setUp.query(
    'create constraint trigger at_commit after insert on slow deferrable initially deferred for each row execute function sleep()',
  )
  await setUp.end()
})
after(() => cluster?.stop())
beforeEach(async (t) => {
  pool = poolOver(cluster, { probe: { everyMs: 100, timeoutMs: 500, hungAfterMs: 1000 } })
  await pool.query('truncate t, slow')
  ;(t as unknown as { after(fn: () => Promise<void>): void }).after(() => pool.end())
})

async function rows(table: string): Promise<readonly unknown[]> {
  const found = await pool.query({ text: `select n from ${table} order by n`, route: 'primary' })
  return found.rows.map((it) => it['n'])
}

/** A function that counts how often it ran. */
function counting<Result>(work: (client: RoutedClient, run: number) => Promise<Result>) {
  const counted = { runs: 0, work: (client: RoutedClient) => work(client, ++counted.runs) }
  return counted
}

const isCommitting = () =>
  eventually(
    () => cluster.primary.admin("select 1 from pg_stat_activity where query = 'commit' and state = 'active'"),
    (it) => it.length === 1,
  )

test('it commits when the function returns, and rolls back when it throws', async () => {
  assert.equal(await pool.transaction(async (it) => (await it.query('insert into t values (1)')).rowCount), 1)
  const mine = new Error('mine')
  const failed = pool.transaction(async (it) => {
    await it.query('insert into t values (2)')
    throw mine
  })
  assert.equal(await failureOf(failed), mine)
  assert.deepEqual(await rows('t'), [1])
})

test('a pool of one server has it too', async (t) => {
  const one = new Pool({ connectionString: cluster.primary.url })
  t.after(() => one.end())
  assert.equal(await one.transaction(async (it) => (await it.query('insert into t values (1)')).rowCount), 1)
  const failed = one.transaction(async (it) => {
    await it.query('insert into t values (2)')
    await it.query('select nonsense').catch(() => undefined)
  })
  assert.match((await failureOf(failed)).message, /was rolled back/)
  assert.deepEqual(await rows('t'), [1])
})

test('nobody else ends it, and what swallows an error does not seem to have committed', async () => {
  const ended = pool.transaction((it) => it.query('commit'))
  assert.match((await failureOf(ended)).message, /return from the function to commit/)
  const swallowed = pool.transaction(async (it) => {
    await it.query('insert into t values (1)')
    await it.query('select nonsense').catch(() => undefined)
  })
  const error = await failureOf(swallowed)
  assert.deepEqual([error.message.split(':')[0], outcomeOf(error)], ['the transaction was rolled back', 'refused'])
  assert.deepEqual(await rows('t'), [])
})

test('one that only reads runs on a replica', async () => {
  const found = await pool.transaction((it) => it.query('select pg_is_in_recovery() as replica'), { readOnly: true })
  assert.deepEqual(found.rows, [{ replica: true }])
})

test('wrong options are named', async () => {
  const work = () => Promise.resolve()
  await assert.rejects(pool.transaction(work, { isolation: 'chaos' as never }), { code: 'ERR_CONFIG' })
  await assert.rejects(pool.transaction(work, { retry: 'yes' as never }), { code: 'ERR_CONFIG' })
})

test('one that lost to another runs again, as often as it may', async () => {
  await pool.query('insert into t values (0)')
  const raise = counting(async (it) => {
    const [row] = (await it.query('select n from t')).rows
    await it.query('update t set n = $1', [row['n'] + 1])
  })
  const options = { isolation: 'serializable', retry: { most: 20 } } as const
  await Promise.all(Array.from({ length: 4 }, () => pool.transaction(raise.work, options)))
  assert.deepEqual(await rows('t'), [4])
  assert.ok(raise.runs > 4, `${raise.runs} runs`)
  const never = counting(() => Promise.reject(Object.assign(new Error('lost'), { code: '40001' })))
  await failureOf(pool.transaction(never.work))
  assert.equal(never.runs, 1)
})

test('one whose connection is lost before COMMIT runs again', async () => {
  const lost = counting(async (it, run) => {
    await it.query('insert into t values ($1)', [run])
    const { rows: own } = await it.query('select pg_backend_pid() as pid')
    if (run === 1) await cluster.primary.admin(`select pg_terminate_backend(${own[0]['pid']})`)
    await it.query('select 1')
  })
  await pool.transaction(lost.work, { retry: true })
  assert.deepEqual([lost.runs, await rows('t')], [2, [2]])
})

test('a COMMIT whose answer is lost on its way turns out to have happened: it is not run again', async () => {
  const work = counting((it) => it.query('insert into slow values (1)'))
  const done = pool.transaction(work.work, { retry: true })
  await isCommitting()
  await cluster.cut('primary')
  await cluster.heal('primary')
  await done
  assert.deepEqual([work.runs, await rows('slow')], [1, [1]])
})

test('without retry nobody is asked, and nobody knows', async () => {
  const failed = failureOf(pool.transaction((it) => it.query('insert into slow values (1)')))
  await isCommitting()
  await cluster.cut('primary')
  await cluster.heal('primary')
  assert.equal(outcomeOf(await failed), 'unknown')
})

test('a COMMIT that a crash undid turns out not to have happened: it runs again', async () => {
  const work = counting((it) => it.query('insert into slow values (1)'))
  const done = pool.transaction(work.work, { retry: true })
  await isCommitting()
  await cluster.restart('primary', 'immediate')
  await done
  assert.deepEqual([work.runs, await rows('slow')], [2, [1]])
})

test('the same on the standby that was promoted in its place', async () => {
  const work = counting((it) => it.query('insert into slow values (1)'))
  const done = pool.transaction(work.work, { retry: true })
  await isCommitting()
  const old = cluster.primary.name as (typeof names)[number]
  await cluster.stop(old, 'immediate')
  await cluster.promote(names.find((it) => it !== old) ?? 'primary')
  await done
  assert.deepEqual([work.runs, await rows('slow')], [2, [1]])
  await cluster.rejoin(old)
})
