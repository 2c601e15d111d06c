import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import pg from 'pg'
import { outcomeOf } from '../../../src/index.js'
import { Pool, type PoolOptions } from '../../../src/pg.js'
import { startCluster, type TestCluster, type TestContext } from '../../../src/testing.js'
import { eventually, PATIENT, poolOver } from '../../support/pool.js'

let cluster: TestCluster

before(async () => {
  cluster = await startCluster({ replicas: 2 })
  await cluster.primary.admin('create table books (id int primary key, title text check (title <> $$$$))')
  await cluster.primary.admin('grant all on books to app')
  await cluster.waitForReplay()
})

after(() => cluster?.stop())

beforeEach(() => cluster.forgetStatements())

function open(t: TestContext, options: PoolOptions = {}): Pool {
  const pool = poolOver(cluster, { probe: PATIENT, ...options })
  t.after(async () => {
    if (!pool.ending) await pool.end()
  })
  return pool
}

/** What a callback was called with. */
function called<T extends unknown[]>(start: (callback: (...args: T) => void) => unknown): Promise<T> {
  return new Promise((resolve) => start((...args: T) => resolve(args)))
}

test('query has a promise form and a callback form, with values in either place', async (t) => {
  const pool = open(t)
  assert.deepEqual((await pool.query('select 1 as n')).rows, [{ n: 1 }])
  assert.deepEqual((await pool.query('select $1::int as n', [2])).rows, [{ n: 2 }])
  assert.deepEqual((await pool.query({ text: 'select $1::int as n', values: [3] })).rows, [{ n: 3 }])
  const [error, result] = await called<[Error, pg.QueryResult]>((it) => pool.query('select 4 as n', it))
  assert.deepEqual([error, result.rows], [undefined, [{ n: 4 }]])
  const [, withValues] = await called<[Error, pg.QueryResult]>((it) => pool.query('select $1::int as n', [5], it))
  assert.deepEqual(withValues.rows, [{ n: 5 }])
  const [refused] = await called<[pg.DatabaseError]>((it) => pool.query('select nothing', it as never))
  assert.equal(refused.code, '42703')
})

test('connect has a promise form and a callback form that is given the release', async (t) => {
  const pool = open(t)
  const client = await pool.connect()
  const [error, result] = await called<[Error, pg.QueryResult]>((it) => client.query('select $1::int as n', [1], it))
  assert.deepEqual([error, result.rows], [undefined, [{ n: 1 }]])
  client.release()
  const [failed, other, done] = await called<[Error | undefined, pg.PoolClient, (error?: Error) => void]>((it) =>
    pool.connect(it as never),
  )
  assert.equal(failed, undefined)
  assert.deepEqual((await other.query('select 2 as n')).rows, [{ n: 2 }])
  done()
  await eventually(
    () => [pool.totalCount, pool.idleCount],
    ([total, idle]) => total === idle,
  )
})

test('end has a promise form and a callback form, and says so when it is called twice', async (t) => {
  const pool = open(t)
  await pool.query('select 1')
  assert.deepEqual([pool.ending, pool.ended], [false, false])
  const ended = pool.end()
  assert.equal(pool.ending, true)
  await ended
  assert.equal(pool.ended, true)
  await assert.rejects(pool.end(), /Called end on pool more than once/)
  await assert.rejects(pool.query('select 1'), /Cannot use a pool after calling end on the pool/)
  await assert.rejects(pool.connect(), /Cannot use a pool after calling end on the pool/)
  const other = open(t)
  await other.query('select 1')
  assert.equal((await called((it) => other.end(it)))[0], undefined)
})

test('end waits for clients that are checked out, and lets them work', async (t) => {
  const pool = open(t)
  const [client, fromView] = [await pool.connect(), await pool.writer.connect()]
  let isOver = false
  const ended = pool.end().then(() => {
    isOver = true
  })
  await client.query('select 1')
  await fromView.query('select 1')
  client.release()
  await fromView.query('select 2')
  assert.equal(isOver, false)
  fromView.release()
  await ended
})

test('the counts are those of all nodes together', async (t) => {
  const pool = open(t, { max: 1 })
  await pool.query('select 0')
  const client = await pool.connect()
  await client.query('begin')
  const waits = pool.query({ text: 'select 1', route: 'primary' })
  await eventually(
    () => pool.waitingCount,
    (waiting) => waiting === 1,
  )
  assert.ok(pool.totalCount >= 2 && pool.totalCount <= 3)
  assert.equal(pool.totalCount - pool.idleCount, 1)
  await client.query('commit')
  client.release()
  await waits
  assert.equal(pool.waitingCount, 0)
})

test('connect, acquire, release and remove are told as by one pg.Pool', async (t) => {
  const pool = open(t, { max: 1 })
  const told: string[] = []
  for (const name of ['connect', 'acquire', 'release', 'remove'] as const) pool.on(name, () => told.push(name))
  const client = await pool.connect()
  await client.query({ text: 'select 1', route: 'primary' } as never)
  assert.deepEqual(told, ['connect', 'acquire'])
  client.release()
  await eventually(
    () => told.length,
    (length) => length === 3,
  )
  const again = await pool.connect()
  await again.query({ text: 'select 2', route: 'primary' } as never)
  again.release(new Error('no good'))
  await eventually(
    () => told,
    (all) => all.includes('remove'),
  )
  assert.deepEqual(told, ['connect', 'acquire', 'release', 'acquire', 'release', 'remove'])
})

test('a listener of connect prepares each connection before its first use', async (t) => {
  const pool = open(t)
  pool.on('connect', (client) => void client.query("set application_name = 'prepared'"))
  for (const route of ['primary', { node: 'replica-1' }, { node: 'replica-2' }] as const) {
    const { rows } = await pool.query({ text: 'show application_name', route })
    assert.deepEqual(rows, [{ application_name: 'prepared' }])
  }
})

test('error is told with its client when an idle connection breaks, and only to who listens', async (t) => {
  const [heard, deaf] = [open(t), open(t)]
  const errors: unknown[][] = []
  heard.on('error', (...args) => errors.push(args))
  for (const pool of [heard, deaf]) await pool.query({ text: 'select 1', route: 'primary' })
  await cluster.primary.admin("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'app'")
  await eventually(
    () => errors.length,
    (length) => length === 1,
  )
  const [error, client] = errors[0] as [pg.DatabaseError, unknown]
  assert.equal(error.code, '57P01')
  assert.ok(client instanceof pg.Client)
  await eventually(
    () => deaf.totalCount,
    (total) => total === 0,
  )
})

test('options are those of the primary, and show no password', (t) => {
  const pool = open(t, { max: 7, idleTimeoutMillis: 1234, password: 'hush-hush' })
  assert.equal(pool.options.max, 7)
  assert.equal(pool.options.idleTimeoutMillis, 1234)
  assert.ok(!Object.keys(pool.options).includes('password'))
  assert.ok(!Object.keys(pool.options).includes('connectionString'))
})

test('a node overrides the options of the pool', async (t) => {
  const [one, two] = cluster.replicas
  const pool = new Pool({
    application_name: 'everywhere',
    statement_timeout: 5000,
    primary: cluster.primary.url,
    replicas: [{ url: one!.url, application_name: 'here', statement_timeout: 7000 }, { url: two!.url }],
  })
  t.after(() => pool.end())
  const text = "select current_setting('application_name') || ' ' || current_setting('statement_timeout') as it"
  const of = async (node: string) => (await pool.query({ text, route: { node } })).rows[0]?.['it']
  assert.deepEqual(
    [await of('primary'), await of('replica-1'), await of('replica-2')],
    ['everywhere 5s', 'here 7s', 'everywhere 5s'],
  )
})

test('errors of the server come through untouched', async (t) => {
  const pool = open(t)
  await pool.query("insert into books values (1, 'one') on conflict do nothing")
  const client = await pool.connect()
  for (const queryable of [pool, client]) {
    const error: pg.DatabaseError = await queryable.query("insert into books values (1, 'two')").then(
      () => assert.fail('it did not fail'),
      (it) => it,
    )
    assert.ok(error instanceof pg.DatabaseError)
    assert.deepEqual(
      [error.code, error.detail, error.constraint, error.table, error.schema],
      ['23505', 'Key (id)=(1) already exists.', 'books_pkey', 'books', 'public'],
    )
    assert.equal(Object.keys(error).includes('outcome'), false)
  }
  client.release()
})

test('a mistake in the call is told as pg tells it, and harms no node', async (t) => {
  const pool = open(t)
  await pool.query('select 1')
  const circular: Record<string, unknown> = {}
  circular['self'] = circular
  await assert.rejects(pool.query('select $1::json', [circular]), { name: 'TypeError', message: /circular/i })
  await assert.rejects(pool.query(null as never), { name: 'TypeError', message: /null or undefined query/ })
  await assert.rejects(pool.query({} as never), /A query must have either text or a name/)
  const client = await pool.connect()
  await assert.rejects(client.query('select $1::json', [circular]), { name: 'TypeError', message: /circular/i })
  assert.throws(() => client.query(null as never), { name: 'TypeError' })
  client.release()
  assert.deepEqual(
    pool.view().nodes.map((it) => it.health.state === 'down'),
    [false, false, false],
  )
})

test('types are parsed as the option, the statement or the client says', async (t) => {
  const shouts = { getTypeParser: () => (text: string) => `${text}!` } as never
  const text = "select 7::int8 as n, 'a' as word"
  const pool = open(t, { types: shouts })
  assert.deepEqual((await pool.query(text)).rows, [{ n: '7!', word: 'a!' }])
  const plain = open(t)
  assert.deepEqual((await plain.query({ text, types: shouts })).rows, [{ n: '7!', word: 'a!' }])
  const client = await plain.connect()
  client.setTypeParser(20, (value: string) => BigInt(value))
  for (const route of ['primary', 'replica'] as const) {
    assert.deepEqual((await client.query({ text, route })).rows, [{ n: 7n, word: 'a' }])
  }
  assert.equal((client.getTypeParser(20) as (value: string) => bigint)('8'), 8n)
  client.release()
  assert.deepEqual((await plain.query(text)).rows, [{ n: '7', word: 'a' }])
})

test('rows come as arrays where that was asked for', async (t) => {
  const pool = open(t)
  const { rows } = await pool.query({ text: 'select 1, 2', rowMode: 'array' })
  assert.deepEqual(rows, [[1, 2]])
})

test('several statements in one text give several results', async (t) => {
  const pool = open(t)
  const results = (await pool.query('select 1 as a; select 2 as b')) as unknown as pg.QueryResult[]
  assert.deepEqual(
    results.map((it) => it.rows),
    [[{ a: 1 }], [{ b: 2 }]],
  )
  const client = await pool.connect()
  const inClient = (await client.query('select 3 as a; select 4 as b')) as unknown as pg.QueryResult[]
  assert.deepEqual(
    inClient.map((it) => it.rows),
    [[{ a: 3 }], [{ b: 4 }]],
  )
  client.release()
})

test('a named statement is prepared once on each connection, and refused for another text as by pg', async (t) => {
  const pool = open(t, { max: 1 })
  const client = await pool.connect()
  for (let i = 0; i < 3; i++) {
    await client.query({ name: 'titles', text: 'select title from books where id = $1', values: [i], route: 'primary' })
  }
  const { rows } = await client.query({
    text: "select count(*)::int as n from pg_prepared_statements where name = 'titles'",
    route: 'primary',
  })
  assert.deepEqual(rows, [{ n: 1 }])
  await assert.rejects(
    client.query({ name: 'titles', text: 'select 1', route: 'primary' }),
    /Prepared statements must be unique/,
  )
  client.release()
})

test('a client tells who it is connected as, before it has a connection and after', async (t) => {
  const pool = open(t)
  const client = await pool.connect()
  assert.equal((client as unknown as { processID: null }).processID, null)
  await client.query('begin')
  const { rows } = await client.query('select pg_backend_pid() as pid')
  assert.equal((client as unknown as { processID: number }).processID, rows[0].pid)
  await client.query('commit')
  client.release()
})

test('what a call cannot mean is refused by name, and nothing is sent', async (t) => {
  const pool = poolOver(cluster, { probe: PATIENT })
  t.after(() => pool.end())
  const client = await pool.connect()
  for (const [call, message] of [
    [
      { text: 'select 1', route: 'replcia' },
      "query.route: must be 'primary', 'replica' or { node: 'its name' }, found 'replcia'",
    ],
    [
      { text: 'select 1', consistency: { maxLag: 5 } },
      "query.consistency: must be 'eventual', 'session', 'strong', or { maxLagMs, maxLagBytes }, found object",
    ],
  ] as const) {
    await assert.rejects(pool.query(call as never), { name: 'ConfigError', message })
    await assert.rejects(client.query(call as never), { name: 'ConfigError', message })
  }
  client.release()
  await assert.rejects(pool.query({ text: 'select 1', route: { node: 'nobody' } }), {
    code: 'ERR_UNKNOWN_NODE',
    message: 'no node is called nobody; there are primary, replica-1, replica-2',
  })
})

test('a view of a pool that has ended refuses as the pool does, and nothing was sent', async () => {
  const pool = poolOver(cluster, { probe: PATIENT })
  const { reader } = pool
  await pool.end()
  for (const work of [pool.query('select 1'), reader.query('select 1'), reader.connect()]) {
    await assert.rejects(work, { message: 'Cannot use a pool after calling end on the pool' })
  }
  assert.equal(outcomeOf(await pool.query('select 1').catch((error: unknown) => error)), 'not-sent')
})
