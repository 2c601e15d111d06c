import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { sessionFrom, sessionTokens, withSession } from '../../../src/index.js'
import type { Pool, PoolOptions } from '../../../src/pg.js'
import { startCluster, type TestCluster, type TestContext } from '../../../src/testing.js'
import { eventually, PATIENT, poolOver } from '../../support/pool.js'

/** `orders` refers to `customers` and goes with them; `audited` writes elsewhere by itself. */
const SCHEMA = `
  create table customers (id int primary key, name text);
  create table orders (id int primary key, customer int references customers on delete cascade);
  create table prices (id int primary key, price int);
  create table visits (day date, page text) partition by range (day);
  create table visits_2026 partition of visits for values from ('2026-01-01') to ('2027-01-01');
  create table audited (id int primary key);
  create table log (id int);
  create function note() returns trigger language plpgsql as $$ begin insert into log values (new.id); return new; end $$;
  create trigger noting after insert on audited for each row execute function note();
  create view named_orders as select o.id, c.name from orders o join customers c on c.id = o.customer;
  create function dearest() returns int stable language sql as 'select max(price) from prices';
  create table guarded (id int primary key, check (id < 1000));
  alter table guarded enable row level security;
  create policy all_of_it on guarded using (true);
  insert into customers values (99, 'Grace');
  insert into prices values (-1, 1);
  grant all on all tables in schema public to app`

let cluster: TestCluster
let counter = 0

before(async () => {
  cluster = await startCluster({ replicas: 1 })
  await cluster.primary.admin(SCHEMA)
  await cluster.waitForReplay()
})
after(() => cluster?.stop())
beforeEach(() => cluster.forgetStatements())
afterEach(async () => {
  await cluster.resumeReplay('replica-1')
  await cluster.waitForReplay()
})

/** A pool that tells tables apart, over a replica that shows nothing of what is written from now on. */
async function open(t: TestContext, options: PoolOptions = {}): Promise<Pool> {
  const pool = poolOver(cluster, { probe: PATIENT, consistencyScope: 'tables', waitMs: 0, ...options })
  t.after(() => pool.end())
  await pool.query('select 1')
  await knowsTables(pool)
  await cluster.waitForReplay()
  await cluster.pauseReplay('replica-1')
  return pool
}

async function knowsTables(pool: Pool): Promise<void> {
  await eventually(
    () => withSession(() => pool.route('select price from prices')?.consistency?.tables),
    (tables) => tables?.[0] === 'public.prices',
  )
}

/** Which node a read of this session would run on. */
const nodeOf = (pool: Pool, text: string) => pool.route(text)?.node

describe('with scope by table', () => {
  for (const [title, write, affected, unaffected] of [
    [
      'a read of another table leaves the primary while a write of its session is not replayed',
      (id: number) => `insert into prices values (${id}, 1)`,
      ['select * from prices', 'select * from prices p join customers c on c.id = p.id', 'select dearest()'],
      ['select * from customers', 'select count(*) from named_orders', 'select page from visits', 'select 1'],
    ],
    [
      'a view counts as the tables below it',
      (id: number) => `insert into customers values (${id}, 'Ada')`,
      ['select * from named_orders', 'with n as (select * from named_orders) select * from n'],
      ['select * from prices', 'with orders_of as (select * from orders) select * from orders_of'],
    ],
    [
      'a write of which others go along by a foreign key counts as one of those, too',
      (id: number) => `update customers set name = '${id}' where id = 99`,
      ['select * from customers', 'select * from orders', 'select id from named_orders'],
      ['select * from prices', 'select * from log'],
    ],
    [
      'a table and its partitions are one',
      () => `insert into visits values ('2026-11-25', '/')`,
      ['select * from visits_2026', 'select * from visits', 'select * from only public.visits_2026'],
      ['select * from prices'],
    ],
    [
      'a write to a table with a trigger may have written anywhere',
      (id: number) => `insert into audited values (${id})`,
      ['select * from log', 'select * from prices', 'select 2'],
      [],
    ],
    [
      'so may one that calls a function that is not built in, or one with row security',
      (id: number) => `insert into prices values (${id}, dearest())`,
      ['select * from customers', 'select * from guarded'],
      [],
    ],
    [
      'an update counts as what it reads as well',
      (id: number) =>
        `update prices set price = 2 where id < ${id} + 1 and id not in (select o.id from visits_2026, orders o)`,
      ['select * from prices', 'select * from orders', 'select * from visits'],
      ['select * from customers'],
    ],
    [
      'a text that is not understood may have written anywhere',
      (id: number) => `with added as (insert into prices values (${id}) returning id) select * from added`,
      ['select * from prices', 'select * from customers'],
      [],
    ],
  ] as const) {
    test(title, async (t) => {
      const pool = await open(t)
      await withSession(async () => {
        await pool.query(write(++counter))
        for (const text of unaffected) assert.equal(nodeOf(pool, text), 'replica-1', text)
        for (const text of affected) {
          await pool.query(text)
          assert.deepEqual(await cluster.nodesThatRan(text), ['primary'], text)
        }
      })
    })
  }

  test('what a read has shown of a table, later reads of that table show too, and others need not', async (t) => {
    const pool = await open(t)
    await pool.query('insert into prices values ($1, 5)', [++counter])
    await withSession(async () => {
      await pool.query({ text: 'select * from prices', consistency: 'strong' })
      await pool.query('select count(*) from prices')
      assert.deepEqual(await cluster.nodesThatRan('select count(*) from prices'), ['primary'])
      assert.equal(nodeOf(pool, 'select * from customers'), 'replica-1')
    })
  })

  test('a transaction of several statements may have written anywhere', async (t) => {
    const pool = await open(t)
    await withSession(async () => {
      const client = await pool.connect()
      await client.query('begin')
      await client.query('insert into prices values ($1, 1)', [++counter])
      await client.query('commit')
      client.release()
      await pool.query('select count(*) from customers')
      assert.deepEqual(await cluster.nodesThatRan('select count(*) from customers'), ['primary'])
    })
  })

  test('a token tells of the session as a whole', async (t) => {
    const pool = await open(t)
    const tokens = sessionTokens({ keys: ['a key of sixteen bytes or more'] })
    const token = await withSession(async (session) => {
      await pool.query('insert into prices values ($1, 1)', [++counter])
      assert.equal(nodeOf(pool, 'select * from customers'), 'replica-1')
      return session.token(tokens)
    })
    await sessionFrom(token, { tokens }).run(async () => {
      await pool.query('select count(*) from orders')
      assert.deepEqual(await cluster.nodesThatRan('select count(*) from orders'), ['primary'])
    })
  })

  test('after a definition nothing is kept apart until the catalogue has told again', async (t) => {
    const pool = await open(t)
    const setUp = (text: string) => pool.query(text)
    await cluster.resumeReplay('replica-1')
    await pool.query('grant all on schema public to app').catch(() => undefined)
    await cluster.primary.admin('grant create on schema public to app')
    await withSession(async () => {
      await setUp(`create table fresh_${++counter} (id int)`)
      const text = `insert into fresh_${counter} values (1)`
      await pool.query(text)
      assert.equal(pool.route('select * from customers')?.consistency?.tables, undefined)
    })
    await knowsTables(pool)
    await cluster.waitForReplay()
    await cluster.pauseReplay('replica-1')
    await withSession(async () => {
      await pool.query(`insert into fresh_${counter} values (2)`)
      assert.equal(nodeOf(pool, 'select * from customers'), 'replica-1')
      assert.equal(nodeOf(pool, `select * from fresh_${counter}`), 'primary')
    })
  })

  test('the record of a read tells which tables counted', async (t) => {
    const pool = await open(t)
    await withSession(async () => {
      const route = pool.route('select * from named_orders')
      assert.deepEqual(route?.consistency?.tables, ['public.customers', 'public.orders'])
    })
  })
})

test('without scope by table every write counts for every read', async (t) => {
  const pool = poolOver(cluster, { probe: PATIENT, waitMs: 0 })
  t.after(() => pool.end())
  await pool.query('select 1')
  await cluster.pauseReplay('replica-1')
  await withSession(async () => {
    await pool.query('insert into prices values ($1, 1)', [++counter])
    await pool.query('select count(*) from customers')
    assert.deepEqual(await cluster.nodesThatRan('select count(*) from customers'), ['primary'])
  })
})
