import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import pg from 'pg'
import Cursor from 'pg-cursor'
import type { Pool, PoolOptions, RoutedClient } from '../../../src/pg.js'
import { startCluster, type TestCluster, type TestContext } from '../../../src/testing.js'
import { eventually, next, PATIENT, poolOver } from '../../support/pool.js'

let cluster: TestCluster

before(async () => {
  cluster = await startCluster({ replicas: 2 })
  await cluster.primary.admin('create table notes (id int primary key, body text)')
  await cluster.primary.admin('grant all on notes to app')
  await cluster.waitForReplay()
})

after(() => cluster?.stop())

beforeEach(() => cluster.forgetStatements())

/** A pool of one connection to each node: what one client leaves behind, the next one finds. */
function open(t: TestContext, options: PoolOptions = {}): Pool {
  const pool = poolOver(cluster, { max: 1, probe: PATIENT, ...options })
  t.after(() => pool.end())
  return pool
}

async function work(pool: Pool, fn: (client: RoutedClient) => Promise<unknown>): Promise<void> {
  const client = await pool.connect()
  try {
    await fn(client)
  } finally {
    client.release()
  }
}

type Queryable = Pick<RoutedClient, 'query'>

const NODES = [{ node: 'primary' }, { node: 'replica-1' }, { node: 'replica-2' }] as const

async function setting(queryable: Queryable, name: string, route: 'primary' | 'replica' | { node: string }) {
  const { rows } = await queryable.query({ text: `show ${name}`, route })
  return Object.values(rows[0] as object)[0] as string
}

async function everywhere(queryable: Queryable, name: string): Promise<string[]> {
  const found: string[] = []
  for (const route of NODES) found.push(await setting(queryable, name, route))
  return found
}

const three = (value: string) => [value, value, value]

async function onPrimary(pool: Pool, text: string): Promise<Record<string, unknown>> {
  const { rows } = await pool.query({ text, route: 'primary' })
  return rows[0] as Record<string, unknown>
}

const SETTERS: readonly [string, (client: RoutedClient) => Promise<unknown>][] = [
  ['SET', (client) => client.query("set work_mem = '7MB'")],
  ['set_config', (client) => client.query("select set_config('work_mem', $1, false)", ['7MB'])],
  ['a SET in a transaction that was committed', (client) => inside(client, 'commit')],
]

async function inside(client: RoutedClient, end: string): Promise<void> {
  await client.query('begin')
  await client.query("set work_mem = '7MB'")
  await client.query(end)
}

for (const [title, set] of SETTERS) {
  test(`${title} counts on every node, and is gone when the client is`, async (t) => {
    const pool = open(t)
    await work(pool, async (client) => {
      await set(client)
      assert.deepEqual(await everywhere(client, 'work_mem'), three('7MB'))
    })
    assert.deepEqual(await everywhere(pool, 'work_mem'), three('4MB'))
  })
}

test('what a transaction set is undone where it is rolled back', async (t) => {
  const pool = open(t)
  await work(pool, async (client) => {
    await client.query("set work_mem = '5MB'")
    await inside(client, 'rollback')
    assert.deepEqual(await everywhere(client, 'work_mem'), three('5MB'))
  })
  assert.deepEqual(await everywhere(pool, 'work_mem'), three('4MB'))
})

test('COMMIT of a failed transaction is a rollback for its settings too', async (t) => {
  const pool = open(t)
  await work(pool, async (client) => {
    await client.query("set work_mem = '5MB'")
    await client.query('begin')
    await client.query("set work_mem = '7MB'")
    await assert.rejects(client.query('select 1/0'), { code: '22012' })
    await client.query('commit')
    assert.deepEqual(await everywhere(client, 'work_mem'), three('5MB'))
  })
})

test('a setting rolled back to a savepoint is the one before it, as the server says', async (t) => {
  const pool = open(t)
  await work(pool, async (client) => {
    await client.query('begin')
    await client.query("set work_mem = '5MB'")
    await client.query('savepoint here')
    await client.query("set work_mem = '7MB'")
    await client.query('rollback to savepoint here')
    await client.query('commit')
    assert.equal((await client.query('show work_mem')).rows[0].work_mem, '5MB')
  })
  assert.deepEqual(await everywhere(pool, 'work_mem'), three('4MB'))
})

test('SET LOCAL ends with its transaction', async (t) => {
  const pool = open(t)
  await work(pool, async (client) => {
    await client.query('begin')
    await client.query("set local work_mem = '7MB'")
    assert.equal((await client.query('show work_mem')).rows[0].work_mem, '7MB')
    await client.query('commit')
    assert.deepEqual(await everywhere(client, 'work_mem'), three('4MB'))
  })
})

test('RESET and RESET ALL return to what the pool gave', async (t) => {
  const pool = open(t)
  for (const reset of ['reset work_mem', 'reset all']) {
    await work(pool, async (client) => {
      await client.query("set work_mem = '7MB'")
      await client.query(reset)
      assert.deepEqual(await everywhere(client, 'work_mem'), three('4MB'))
    })
  }
})

test('SET through pool.query is undone before anybody else gets the connection, and said', async (t) => {
  const pool = open(t)
  const undone = next(pool, 'sessionStateUndone')
  await pool.query("set work_mem = '7MB'")
  assert.deepEqual((await undone)['what'], ['settings'])
  assert.deepEqual(await everywhere(pool, 'work_mem'), three('4MB'))
})

test('PREPARE holds its client to the connection, EXECUTE finds it there, and nobody else does', async (t) => {
  const pool = open(t)
  await work(pool, async (client) => {
    await client.query('prepare "Sum"(int) as select $1 + 1 as sum')
    assert.deepEqual((await client.query('execute "Sum"(41)')).rows, [{ sum: 42 }])
    await client.query('select 1 as between')
    assert.deepEqual((await client.query('execute "Sum"(1)')).rows, [{ sum: 2 }])
  })
  await assert.rejects(pool.query('execute "Sum"(41)'), { code: '26000' })
  await work(pool, async (client) => {
    await client.query('prepare again as select 1')
    await client.query('deallocate again')
    await assert.rejects(client.query('execute again'), { code: '26000' })
  })
  assert.deepEqual(await onPrimary(pool, 'select count(*)::int as n from pg_prepared_statements'), { n: 0 })
})

test('what was prepared by a text that failed later is not left to others', async (t) => {
  const pool = open(t)
  await work(pool, (client) => assert.rejects(client.query('prepare leftover as select 1; select 1/0')))
  assert.deepEqual(await onPrimary(pool, 'select count(*)::int as n from pg_prepared_statements'), { n: 0 })
})

for (const text of ['discard all', 'deallocate all']) {
  test(`${text} does not break the named statements of those who come after`, async (t) => {
    const pool = open(t)
    const named = { name: 'kept', text: 'select $1::int as n', values: [1], route: 'primary' as const }
    await pool.query(named)
    await work(pool, async (client) => client.query(text))
    assert.deepEqual((await pool.query(named)).rows, [{ n: 1 }])
  })
}

const LOCKS = "select count(*)::int as n from pg_locks where locktype = 'advisory'"

test('a session-level advisory lock holds its client, excludes others, and is given back with the client', async (t) => {
  const [pool, other] = [open(t), open(t)]
  await work(pool, async (client) => {
    await client.query('select pg_advisory_lock(42)')
    await client.query('select 1 as held')
    assert.deepEqual((await other.query('select pg_try_advisory_lock(42) as got')).rows, [{ got: false }])
    assert.deepEqual((await client.query('select pg_advisory_unlock(42) as done')).rows, [{ done: true }])
    await client.query('select pg_advisory_lock(43)')
  })
  assert.deepEqual(await onPrimary(pool, LOCKS), { n: 0 })
  assert.deepEqual(await cluster.nodesThatRan('select 1 as held'), ['primary'])
})

test('an advisory lock taken by a statement that failed is given back too', async (t) => {
  const pool = open(t)
  const text = 'select pg_advisory_lock(44), 1/count(*) from notes'
  await work(pool, (client) => assert.rejects(client.query(text), { code: '22012' }))
  assert.deepEqual(await onPrimary(pool, LOCKS), { n: 0 })
  await assert.rejects(pool.query(text), { code: '22012' })
  assert.deepEqual(await onPrimary(pool, LOCKS), { n: 0 })
})

test('a cursor WITH HOLD outlives its transaction, and is closed with the client', async (t) => {
  const pool = open(t)
  await work(pool, async (client) => {
    await client.query('begin')
    await client.query('declare counting cursor with hold for select generate_series(1, 3) as n')
    await client.query('commit')
    assert.deepEqual((await client.query('fetch 2 from counting')).rows, [{ n: 1 }, { n: 2 }])
  })
  assert.deepEqual(await onPrimary(pool, 'select count(*)::int as n from pg_cursors'), { n: 0 })
})

test('LISTEN is undone with the client, so that nobody hears what another asked for', async (t) => {
  const pool = open(t)
  await work(pool, (client) => client.query('listen news'))
  assert.deepEqual(await onPrimary(pool, 'select count(*)::int as n from pg_listening_channels()'), { n: 0 })
  await work(pool, async (client) => {
    await client.query('listen news')
    await client.query('unlisten news')
    const { rows } = await client.query('select count(*)::int as n from pg_listening_channels()')
    assert.deepEqual(rows, [{ n: 0 }])
  })
})

test('an unlogged table and a temporary one keep their readers on the primary', async (t) => {
  const pool = open(t)
  await work(pool, async (client) => {
    await client.query('create temporary table mine as select 1 as n')
    await client.query('select n from mine')
    await client.query('select 2 as after_temp')
  })
  assert.deepEqual(await cluster.nodesThatRan('select 2 as after_temp'), ['primary'])
  assert.deepEqual(await onPrimary(pool, "select to_regclass('mine')::text as it"), { it: null })
})

test('currval is that of the client’s own connection', async (t) => {
  const pool = open(t, { max: 3 })
  await pool.query('create sequence if not exists numbers')
  await work(pool, async (client) => {
    const { rows } = await client.query("select nextval('numbers') as n")
    assert.deepEqual((await client.query("select currval('numbers') as n")).rows, rows)
  })
  await pool.query('drop sequence numbers')
})

test('a release with an error closes the connection; without one it serves the next', async (t) => {
  const pool = open(t)
  const pid = async (error?: Error | boolean) => {
    const client = await pool.connect()
    const { rows } = await client.query({ text: 'select pg_backend_pid() as pid', route: 'primary' })
    client.release(error)
    return rows[0]?.['pid']
  }
  const first = await pid()
  assert.equal(await pid(new Error('no good')), first)
  const second = await pid(true)
  assert.notEqual(second, first)
  assert.notEqual(await pid(), second)
})

test('a client that is released with its connection closed ends what runs on it, a read too', async (t) => {
  const pool = open(t)
  const client = await pool.connect()
  const slow = client.query("select pg_sleep(30), 'ended with its connection'")
  await eventually(
    () => pool.stats().nodes.reduce((sum, it) => sum + it.connections.total - it.connections.idle, 0),
    (out) => out === 1,
  )
  client.release(true)
  await assert.rejects(slow, /Connection terminated/)
})

test('a client that was released twice, or is used after, never touches the next borrower', async (t) => {
  const pool = open(t)
  const gone = await pool.connect()
  await gone.query("set work_mem = '7MB'")
  gone.release()
  const borrower = await pool.connect()
  await borrower.query('begin')
  await borrower.query("insert into notes values (1, 'kept')")
  assert.throws(() => gone.release(), /already been released/)
  assert.throws(() => gone.release(true), /already been released/)
  await assert.rejects(gone.query('rollback'), /released to the pool/)
  await borrower.query('commit')
  borrower.release()
  assert.deepEqual(await onPrimary(pool, 'select body from notes where id = 1'), { body: 'kept' })
  await pool.query('delete from notes')
})

test('statements of one client run in the order they were given, wherever each belongs', async (t) => {
  const pool = open(t)
  const order: number[] = []
  await work(pool, (client) =>
    Promise.all([
      client.query('select pg_sleep(0.05)').then(() => order.push(1)),
      client.query("insert into notes values (2, 'two')").then(() => order.push(2)),
      client
        .query('/* sluice: primary */ select * from notes where id = 2')
        .then(({ rows }) => order.push(rows.length + 2)),
      client.query('delete from notes').then(() => order.push(4)),
    ]),
  )
  assert.deepEqual(order, [1, 2, 3, 4])
})

test('what was asked before the release still runs, and only then the connection goes back', async (t) => {
  const pool = open(t)
  const client = await pool.connect()
  const asked = [client.query('begin'), client.query("insert into notes values (3, 'three')"), client.query('commit')]
  client.release()
  await Promise.all(asked)
  assert.deepEqual(await onPrimary(pool, 'select body from notes where id = 3'), { body: 'three' })
  await pool.query('delete from notes')
})

test('a release with an error lets nothing run that still waits, and loses no connection', async (t) => {
  const pool = open(t)
  const blocker = await pool.connect()
  await blocker.query('begin')
  const client = await pool.connect()
  const asked = [client.query("insert into notes values (4, 'four')"), client.query("insert into notes values (5, '')")]
  const settled = Promise.allSettled(asked)
  client.release(new Error('changed my mind'))
  await blocker.query('commit')
  blocker.release()
  assert.equal((await settled)[1]?.status, 'rejected')
  assert.deepEqual(await onPrimary(pool, 'select count(*)::int as n from notes where id = 5'), { n: 0 })
  await pool.query('delete from notes')
})

test('a client released with its cursor open does not keep the connection', async (t) => {
  const pool = open(t)
  const client = await pool.connect()
  const cursor = client.query(new Cursor('/* sluice: primary */ select generate_series(1, 1000) as n'))
  await cursor.read(10)
  client.release()
  assert.deepEqual(await onPrimary(pool, 'select 1 as n'), { n: 1 })
})

test('a connection that the server ends while a client holds it is lost to nobody else', async (t) => {
  const pool = open(t)
  const client = await pool.connect()
  await client.query('begin')
  const { rows } = await client.query('select pg_backend_pid() as pid')
  await cluster.primary.admin('select pg_terminate_backend($1)', [rows[0].pid])
  await eventually(
    () => (client as unknown as { _queryable: boolean })._queryable,
    (queryable) => !queryable,
  )
  await assert.rejects(client.query('select 1'), /not queryable/)
  client.release()
  assert.deepEqual(await onPrimary(pool, 'select 1 as n'), { n: 1 })
})

test('a client says error when it has lost what it held, and not while it can go on elsewhere', async (t) => {
  const pool = open(t)
  const client = await pool.connect()
  const errors: unknown[] = []
  client.on('error', (error) => errors.push(error))
  const text = 'select pg_sleep(1)'
  cluster.forgetStatements()
  const read = client.query(text)
  const [node] = await eventually(
    () => cluster.nodesThatRan(text),
    (nodes) => nodes.length === 1,
  )
  await cluster.cut(node as string)
  await cluster.heal(node as string)
  await read
  const { node: next, processID } = client as unknown as { node: string; processID: number }
  await cluster.node(next).admin('select pg_terminate_backend($1)', [processID])
  assert.equal((await client.query('select 2 as n')).rows[0].n, 2)
  assert.deepEqual(errors, [])

  await client.query('begin')
  await cluster.cut('primary')
  await eventually(
    () => errors.length,
    (count) => count === 1,
  )
  await cluster.heal('primary')
  await assert.rejects(client.query('select 3'), /not queryable/)
  client.release()
})

test('a cursor that nobody reads from when its connection breaks says so by the error of its client', async (t) => {
  const pool = open(t)
  const client = await pool.connect()
  const broken = new Promise((resolve) => client.once('error', resolve))
  const cursor = client.query(new Cursor('select generate_series(1, 9) as n'))
  assert.equal((await cursor.read(1)).length, 1)
  const [node] = await cluster.nodesThatRan('select generate_series(1, 9) as n')
  await cluster.cut(node as string)
  assert.ok((await broken) instanceof Error)
  await cluster.heal(node as string)
  assert.equal((await client.query('select 4 as n')).rows[0].n, 4)
  client.release()
})

test('a client cancels by the process it has, and only that', async (t) => {
  const pool = open(t, { max: 4 })
  for (const node of ['replica-1', 'replica-2', 'primary']) {
    const client = await pool.connect()
    const text = 'select pg_backend_pid() as pid'
    const { rows } = await client.query({ text, route: { node } })
    cluster.forgetStatements()
    const slept = assert.rejects(client.query('select pg_sleep(30)'), { code: '57014' })
    // Whoever cancels a process that has not begun yet cancels nothing.
    await eventually(
      () => cluster.nodesThatRan('select pg_sleep(30)'),
      (nodes) => nodes.join() === node,
    )
    const cancelled = await pool.query('select pg_cancel_backend($1) as done', [rows[0]?.['pid']])
    assert.deepEqual(cancelled.rows, [{ done: true }])
    await slept
    assert.equal((client as unknown as { node: string }).node, node)
    client.release()
  }
})

test('errors of a client are those of pg', async (t) => {
  const pool = open(t)
  await work(pool, (client) => assert.rejects(client.query('select nothing'), pg.DatabaseError))
})
