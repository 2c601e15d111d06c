import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import pg from 'pg'
import Cursor from 'pg-cursor'
import { withSession } from '../../../src/index.js'
import { Pool } from '../../../src/pg.js'
import { startCluster, type TestCluster } from '../../../src/testing.js'
import { eventually, poolOver } from '../../support/pool.js'

let cluster: TestCluster
let pool: Pool

before(async () => {
  cluster = await startCluster({ replicas: 2 })
  const admin = cluster.primary
  await admin.admin('create table notes (id int primary key, body text)')
  await admin.admin('create unlogged table scratch (id int)')
  await admin.admin('create view peek as select * from scratch')
  await admin.admin('grant all on all tables in schema public to app')
  await admin.admin("insert into notes values (1, 'one'), (2, 'two')")
  await admin.admin(
    "create function sneaky() returns int language plpgsql volatile as $$ begin insert into notes values (99, 'x') on conflict do nothing; return 1; end $$",
  )
  await admin.admin(
    "create function liar() returns int language plpgsql stable as $$ begin perform nextval('seq'); return 1; end $$",
  )
  await admin.admin('create sequence seq')
  await admin.admin('grant all on sequence seq to app')
  await admin.admin('create function twice(int) returns int language sql immutable as $$ select $1 * 2 $$')
  await cluster.waitForReplay()
  pool = poolOver(cluster)
  await pool.query('select 1')
  await eventually(
    () => pool.view().nodes.every((it) => it.health.state === 'up'),
    (allUp) => allUp,
  )
  await eventually(
    () => pool.route('select twice(2)')?.because,
    (it) => it === 'plain-read',
  )
})

after(async () => {
  await pool?.end()
  await cluster?.stop()
})

beforeEach(() => cluster.forgetStatements())

const isReplica = (names: readonly string[]) => names.length === 1 && names[0]?.startsWith('replica-')

async function ranOn(text: string, values?: unknown[]): Promise<string[]> {
  await pool.query(text, values)
  return cluster.nodesThatRan(text)
}

test('a read runs on a replica and a write on the primary, as the servers tell it', async () => {
  assert.ok(isReplica(await ranOn('select * from notes where id = $1', [1])))
  assert.deepEqual(await ranOn("update notes set body = 'uno' where id = 1"), ['primary'])
})

test('reads are spread over the replicas', async () => {
  for (let i = 0; i < 40; i++) await pool.query('select 40 as spread')
  assert.deepEqual(await cluster.nodesThatRan('select 40 as spread'), ['replica-1', 'replica-2'])
})

for (const [title, text] of [
  ['a locking read', 'select * from notes for update'],
  ['a writing CTE', "with x as (update notes set body = 'b' where id = 2 returning *) select * from x"],
  ['a sequence', "select nextval('seq')"],
  ['a volatile function of the user', 'select sneaky()'],
  ['an unlogged table', 'select * from scratch'],
  ['a view over an unlogged table', 'select * from peek'],
  ['an advisory lock', 'select pg_advisory_xact_lock(7)'],
  ['a hint', '/* sluice: primary */ select 5'],
  ['server statistics', 'select count(*) from pg_stat_activity'],
] as const) {
  test(`${title} runs on the primary`, async () => {
    assert.deepEqual(await ranOn(text), ['primary'])
  })
}

test('an immutable function of the user reads on a replica once the catalogue is known', async () => {
  assert.ok(isReplica(await ranOn('select twice(21)')))
})

test('a per-call route beats the statement', async () => {
  await pool.query({ text: 'select 6', route: 'primary' } as pg.QueryConfig)
  assert.deepEqual(await cluster.nodesThatRan('select 6'), ['primary'])
  await pool.query({ text: 'select 7', route: { node: 'replica-2' } } as pg.QueryConfig)
  assert.deepEqual(await cluster.nodesThatRan('select 7'), ['replica-2'])
})

test('a hint names a node', async () => {
  assert.deepEqual(await ranOn('/* sluice: node=replica-1 */ select 8'), ['replica-1'])
})

test('a wrong guess costs one round trip, never an error, and is made once', async () => {
  const misjudged: unknown[] = []
  pool.on('statementMisjudged', (event) => misjudged.push(event))
  await pool.query('select liar()')
  assert.equal((await cluster.nodesThatRan('select liar()')).length, 2)
  cluster.forgetStatements()
  assert.deepEqual(await ranOn('select liar()'), ['primary'])
  assert.equal(misjudged.length, 1)
  assert.equal(pool.route('select  LIAR()')?.because, 'refused-before')
})

test('a read that an error of its own ends is not run twice', async () => {
  await assert.rejects(pool.query('select 1/0 as zero'), { code: '22012' })
  assert.equal((await cluster.nodesThatRan('select 1/0 as zero')).length, 1)
})

test('a session reads its own write, whatever the lag', async () => {
  await cluster.lag('replica-1', 2000)
  await cluster.lag('replica-2', 2000)
  try {
    await withSession(async () => {
      await pool.query("insert into notes values (50, 'mine')")
      const { rows } = await pool.query('select body from notes where id = 50')
      assert.deepEqual(rows, [{ body: 'mine' }])
    })
    assert.deepEqual(await cluster.nodesThatRan('select body from notes where id = 50'), ['primary'])
  } finally {
    await cluster.lag('replica-1', 0)
    await cluster.lag('replica-2', 0)
  }
})

test('a write in one session pins no other', async () => {
  await withSession(() => pool.query("update notes set body = 'x' where id = 1"))
  assert.ok(isReplica(await withSession(() => ranOn('select 9 as other'))))
  assert.ok(isReplica(await ranOn('select 10 as outside')))
})

test('callbacks run in the session of the call, even when the pool was busy', async () => {
  const { currentSession } = await import('../../../src/index.js')
  const seen = await Promise.all(
    Array.from({ length: 40 }, () =>
      withSession(
        (session) =>
          new Promise<boolean>((resolve, reject) => {
            pool.query('select pg_sleep(0.01)', (error) =>
              error ? reject(error) : resolve(currentSession() === session),
            )
          }),
      ),
    ),
  )
  assert.ok(seen.every(Boolean))
})

test('a transaction runs wholly on the primary', async () => {
  const client = await pool.connect()
  await client.query('BEGIN')
  await client.query('select 11 as inside')
  await client.query("update notes set body = 'tx' where id = 1")
  const { rows } = await client.query('select body from notes where id = 1 /* in tx */')
  await client.query('COMMIT')
  client.release()
  assert.deepEqual(rows, [{ body: 'tx' }])
  assert.deepEqual(await cluster.nodesThatRan('select 11 as inside'), ['primary'])
})

test('a read-only transaction runs wholly on one replica', async () => {
  const client = await pool.connect()
  await client.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY')
  for (let i = 0; i < 10; i++) await client.query('select 12 as snapshot')
  await client.query('COMMIT')
  client.release()
  assert.ok(isReplica(await cluster.nodesThatRan('select 12 as snapshot')))
})

test('SERIALIZABLE READ ONLY, which a standby refuses, runs on the primary', async () => {
  const client = await pool.connect()
  await client.query('START TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ ONLY')
  await client.query('select 13 as serial')
  await client.query('COMMIT')
  client.release()
  assert.deepEqual(await cluster.nodesThatRan('select 13 as serial'), ['primary'])
})

test('a client that is checked out for one statement reads on a replica', async () => {
  const client = await pool.connect()
  await client.query('select 14 as single')
  client.release()
  assert.ok(isReplica(await cluster.nodesThatRan('select 14 as single')))
})

test('settings follow a client from node to node and are gone afterwards', async () => {
  const client = await pool.connect()
  await client.query("SET application_name = 'carried'")
  const show = async (route: string) =>
    (await client.query({ text: `/* sluice: ${route} */ show application_name` })).rows[0].application_name
  assert.deepEqual(
    [await show('replica'), await show('primary'), await show('replica')],
    ['carried', 'carried', 'carried'],
  )
  client.release()
  for (let i = 0; i < 20; i++) {
    const { rows } = await pool.query('show application_name')
    assert.equal(rows[0].application_name, '')
  }
})

test('what a listener of connect set is still there after a client has undone its own settings', async (t) => {
  const own = poolOver(cluster, { max: 1 })
  t.after(() => own.end())
  own.on('connect', (client) => void client.query("set search_path = 'pg_catalog'"))
  const client = await own.connect()
  await client.query("set search_path = 'public'")
  client.release()
  const paths = await Promise.all(['primary', 'replica'].map((to) => own.query(`/* sluice: ${to} */ show search_path`)))
  assert.deepEqual(
    paths.map((it) => it.rows[0].search_path),
    ['pg_catalog', 'pg_catalog'],
  )
})

test('a temporary table keeps its client on the primary, and is dropped with the client', async () => {
  const client = await pool.connect()
  await client.query('create temp table mine (a int)')
  await client.query('insert into mine values (1)')
  assert.deepEqual((await client.query('select * from mine')).rows, [{ a: 1 }])
  client.release()
  await assert.rejects(pool.query({ text: 'select * from mine', route: 'primary' } as pg.QueryConfig), {
    code: '42P01',
  })
})

test('a client released inside a transaction leaves none behind', async () => {
  const client = await pool.connect()
  await client.query('begin')
  await client.query("update notes set body = 'lost' where id = 2")
  client.release()
  const { rows } = await eventually(
    () =>
      pool.query({
        text: "select count(*)::int as n from pg_stat_activity where state like 'idle in%'",
        route: 'primary',
      } as pg.QueryConfig),
    (it) => it.rows[0].n === 0,
  )
  assert.equal(rows[0].n, 0)
})

test('LISTEN holds a client, and its notifications arrive', async () => {
  const client = await pool.connect()
  await client.query('listen news')
  const heard = new Promise((resolve) => client.once('notification', (message) => resolve(message.payload)))
  await pool.query("notify news, 'hello'")
  assert.equal(await heard, 'hello')
  client.release()
})

test('a cursor reads on a replica', async () => {
  const client = await pool.connect()
  const cursor = client.query(new Cursor('select generate_series(1, 5) as n'))
  assert.equal((await cursor.read(2)).length, 2)
  assert.equal((await cursor.read(9)).length, 3)
  await cursor.close()
  client.release()
  assert.ok(isReplica(await cluster.nodesThatRan('select generate_series(1, 5) as n')))
})

test('a named prepared statement works on every node', async () => {
  for (let i = 0; i < 20; i++) {
    const { rows } = await pool.query({ name: 'one', text: 'select $1::int as n', values: [i] })
    assert.deepEqual(rows, [{ n: i }])
  }
})

test('pg_cancel_backend reaches the node that owns the process', async () => {
  const client = await pool.connect()
  const sleeping = assert.rejects(client.query('select pg_sleep(30)'), { code: '57014' })
  await eventually(
    () => cluster.nodesThatRan('select pg_sleep(30)'),
    (nodes) => nodes.length === 1,
  )
  const pid = (client as unknown as { processID: number }).processID
  const { rows } = await pool.query('select pg_cancel_backend($1) as done', [pid])
  assert.deepEqual(rows, [{ done: true }])
  await sleeping
  client.release()
})

test('a client released twice complains, and harms nobody', async () => {
  const client = await pool.connect()
  client.release()
  assert.throws(() => client.release(), /already been released/)
})

test('the pool is a pg.Pool, and so are its views', async () => {
  for (const it of [pool, pool.writer, pool.reader]) assert.ok(it instanceof pg.Pool)
  await pool.writer.query('select 16 as w')
  await pool.reader.query('select 17 as r')
  assert.deepEqual(await cluster.nodesThatRan('select 16 as w'), ['primary'])
  assert.ok(isReplica(await cluster.nodesThatRan('select 17 as r')))
})

test('before its first statement a pool says where a write and a read would go, as its options have it', async (t) => {
  const unused = new Pool({ primary: 'postgres://127.0.0.1:1/none', replicas: ['postgres://127.0.0.1:2/none'] })
  t.after(() => unused.end())
  const told = ['insert into t values (1)', 'select 1'].map((it) => unused.route(it))
  assert.deepEqual(
    told.map((it) => [it?.node, it?.reason]),
    [
      ['primary', 'write'],
      ['replica-1', 'read'],
    ],
  )
})
