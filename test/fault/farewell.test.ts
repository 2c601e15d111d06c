import assert from 'node:assert/strict'
import { test } from 'node:test'
import type pg from 'pg'
import { outcomeOf } from '../../src/index.js'
import type { Pool } from '../../src/pg.js'
import { clusterAndPool, eventually } from '../support/pool.js'

/** Writers that never rest, each row with a number of its own. */
class Writers {
  readonly errors: Error[] = []
  /** Those without an error, and those of which nobody knows. */
  readonly written: number[] = []
  readonly unknown: number[] = []
  readonly #work: readonly Promise<void>[]
  #next = 0
  #isOver = false

  constructor(pool: Pool, count: number) {
    this.#work = Array.from({ length: count }, async () => {
      while (!this.#isOver) {
        const n = this.#next++
        try {
          await pool.query('insert into t values ($1)', [n])
          this.written.push(n)
        } catch (error) {
          this.errors.push(error as Error)
          if (outcomeOf(error) === 'unknown') this.unknown.push(n)
        }
      }
    })
  }

  more(count: number): Promise<unknown> {
    const before = this.written.length
    return eventually(
      () => this.written.length,
      (it) => it >= before + count,
      30_000,
    )
  }

  async stop(): Promise<void> {
    this.#isOver = true
    await Promise.all(this.#work)
  }
}

const ROUNDS = Number(process.env['SLUICE_ROUNDS'] ?? 5)

test('a server that is stopped in an orderly way says which writes it has undone: they run again, none fails, none twice', async (t) => {
  const { cluster, pool } = await clusterAndPool(t)
  await pool.query('create table t (n int)')
  const writers = new Writers(pool, 8)
  for (let round = 0; round < ROUNDS; round++) {
    await writers.more(100)
    await cluster.restart('primary', 'fast')
  }
  await writers.more(100)
  await writers.stop()
  const { rows } = await pool.query({ text: 'select n, count(*)::int from t group by n', route: 'primary' })
  const counts = new Map(rows.map((it) => [it['n'], it['count']]))
  assert.deepEqual(
    [...counts].filter(([, count]) => count !== 1),
    [],
  )
  assert.deepEqual(
    writers.written.filter((n) => !counts.has(n)),
    [],
  )
  t.diagnostic(`${writers.written.length} writes, ${pool.stats().nodes[0]?.retriedElsewhere} again`)
  assert.deepEqual(
    writers.errors.map((it) => it.message),
    [],
  )
})

test('a server that dies says nothing: writes under way are unknown, but for those that may run twice', async (t) => {
  const { cluster, pool } = await clusterAndPool(t)
  await pool.query('create table k (n int primary key, v text)')
  const writers = ['once', 'again'].map(async (v) => {
    const unknown: Error[] = []
    const text = `insert into k values ($1, pg_sleep(1)::text || '${v}') on conflict (n) do update set v = excluded.v`
    const retry = v === 'again' ? ({ retry: 'idempotent' } as const) : {}
    await Promise.all(
      [1, 2, 3].map((n) =>
        pool.query({ text, values: [v === 'again' ? n : -n], ...retry }).catch((it) => unknown.push(it)),
      ),
    )
    return unknown.map((it) => outcomeOf(it))
  })
  await eventually(
    async () =>
      cluster.primary.admin("select count(*)::int as n from pg_stat_activity where query like 'insert into k%'"),
    ([row]) => row?.['n'] === 6,
  )
  await cluster.restart('primary', 'kill')
  assert.deepEqual(await Promise.all(writers), [['unknown', 'unknown', 'unknown'], []])
  const { rows } = await pool.query({ text: 'select n from k where n > 0 order by n', route: 'primary' })
  assert.deepEqual(rows, [{ n: 1 }, { n: 2 }, { n: 3 }])
})

test('a commit that waits for a standby when its server stops is unknown, and says what the server said', async (t) => {
  const { cluster, pool } = await clusterAndPool(t)
  await pool.query('create table t (n int)')
  await cluster.primary.admin("alter system set synchronous_standby_names = '*'")
  await cluster.primary.admin('select pg_reload_conf()')
  for (const { name } of cluster.replicas) await cluster.freeze(name)
  const write = pool.query('insert into t values (1)').catch((error: Error) => error)
  await eventually(
    () => cluster.primary.admin("select 1 from pg_stat_activity where wait_event = 'SyncRep'"),
    (waiting) => waiting.length === 1,
  )
  const stopped = cluster.stop('primary', 'fast')
  const error = await write
  assert.equal(outcomeOf(error), 'unknown')
  assert.match(`${((error as Error).cause as Error).message}`, /^canceling the wait for synchronous replication/)
  for (const { name } of cluster.replicas) await cluster.thaw(name)
  await stopped
})

test('a read that an operator ends does not run again', async (t) => {
  const { cluster, pool } = await clusterAndPool(t)
  const text = 'select pg_sleep(10), 1'
  for (const [name, route] of [...cluster.replicas.map((it) => [it.name] as const), ['primary', 'primary'] as const]) {
    cluster.forgetStatements()
    const read = pool.query({ text, ...(route === undefined ? {} : { route }) }).catch((error: Error) => error)
    const ended = await eventually(
      async () => {
        const asked = cluster.nodes.map((node) =>
          node.admin(
            "select pg_terminate_backend(pid) from pg_stat_activity where query = $1 and clock_timestamp() - query_start > '0.5 s'",
            [text],
          ),
        )
        return (await Promise.all(asked)).flat()
      },
      (it) => it.length > 0,
    )
    const error = await read
    assert.deepEqual([ended.length, outcomeOf(error), (error as pg.DatabaseError).code], [1, 'refused', '57P01'], name)
    assert.equal((await cluster.nodesThatRan(text)).length, 1)
  }
})

test('a long read on a replica that stops in an orderly way runs elsewhere', async (t) => {
  const { cluster, pool } = await clusterAndPool(t)
  const read = pool.query('select pg_sleep(1.5), 2 as n')
  const running = () =>
    Promise.all(
      cluster.replicas.map((it) =>
        it.admin(
          "select 1 from pg_stat_activity where query like 'select pg_sleep(1.5)%' and clock_timestamp() - query_start > '0.5 s'",
        ),
      ),
    )
  const found = await eventually(running, (it) => it.some((rows) => rows.length > 0))
  await cluster.restart(cluster.replicas[found.findIndex((rows) => rows.length > 0)]?.name ?? '', 'fast')
  assert.equal((await read).rows[0].n, 2)
})

test('a session that an operator ends stays ended', async (t) => {
  const { cluster, pool } = await clusterAndPool(t)
  await pool.query('create table t (n int)')
  const write = pool.query('insert into t select 1 from pg_sleep(10)').catch((error: Error) => error)
  await eventually(
    () =>
      cluster.primary.admin(
        "select pg_terminate_backend(pid) from pg_stat_activity where query like 'insert into t select%'",
      ),
    (ended) => ended.length === 1,
  )
  assert.equal(outcomeOf(await write), 'refused')
  assert.deepEqual((await pool.query({ text: 'select n from t', route: 'primary' })).rows, [])
})
