import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { after, before, beforeEach, test } from 'node:test'
import pg from 'pg'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'
import Cursor from 'pg-cursor'
import QueryStream from 'pg-query-stream'
import { currentSession, withSession } from '../../../src/index.js'
import type { Pool, PoolOptions } from '../../../src/pg.js'
import { startCluster, type TestCluster, type TestContext } from '../../../src/testing.js'
import { eventually, PATIENT, poolOver } from '../../support/pool.js'

let cluster: TestCluster

before(async () => {
  cluster = await startCluster({ replicas: 2 })
  await cluster.primary.admin('create table words (id int primary key, word text)')
  await cluster.primary.admin('grant all on words to app')
  await cluster.primary.admin("insert into words select n, 'word ' || n from generate_series(1, 500) n")
  await cluster.waitForReplay()
})

after(() => cluster?.stop())

beforeEach(() => cluster.forgetStatements())

function open(t: TestContext, options: PoolOptions = {}): Pool {
  const pool = poolOver(cluster, { max: 1, probe: PATIENT, ...options })
  t.after(() => pool.end())
  return pool
}

const isReplica = (names: readonly string[]) => names.length === 1 && names[0]?.startsWith('replica-')

/** Everything a pool.query of a stream gives is the promise that it is over: `pg` types it as the stream. */
const over = (pool: Pool, submittable: pg.Submittable) => pool.query(submittable) as unknown as Promise<unknown>

async function isIdle(pool: Pool): Promise<void> {
  await eventually(
    () => [pool.totalCount, pool.idleCount],
    ([total, idle]) => total === idle,
  )
}

async function textOf(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

test('a cursor reads on a replica, and its connection is given back', async (t) => {
  const pool = open(t)
  const client = await pool.connect()
  const text = 'select id from words order by id'
  const cursor = client.query(new Cursor<{ id: number }>(text))
  assert.equal((await cursor.read(100)).length, 100)
  assert.equal((await cursor.read(1000)).length, 400)
  await cursor.close()
  client.release()
  await isIdle(pool)
  assert.ok(isReplica(await cluster.nodesThatRan(text)))
})

test('a cursor in a transaction reads where the transaction is', async (t) => {
  const pool = open(t)
  const client = await pool.connect()
  await client.query('begin')
  await client.query("insert into words values (1001, 'mine')")
  const cursor = client.query(new Cursor('select word from words where id = 1001'))
  assert.deepEqual(await cursor.read(10), [{ word: 'mine' }])
  await cursor.close()
  await client.query('rollback')
  client.release()
})

test('a cursor whose statement is wrong says so, and its client goes on', async (t) => {
  const pool = open(t)
  const client = await pool.connect()
  const cursor = client.query(new Cursor('select nothing'))
  await assert.rejects(cursor.read(1), { code: '42703' })
  assert.deepEqual((await client.query('select 1 as n')).rows, [{ n: 1 }])
  client.release()
  await isIdle(pool)
})

test('a query stream reads on a replica, from a client and from the pool', async (t) => {
  const pool = open(t)
  const client = await pool.connect()
  const text = 'select id from words where id <= $1'
  const ids: number[] = []
  for await (const row of client.query(new QueryStream(text, [300], { batchSize: 50 }))) ids.push(row.id)
  client.release()
  assert.equal(ids.length, 300)
  const stream = new QueryStream(text, [20])
  const [, rows] = await Promise.all([over(pool, stream), stream.toArray()])
  assert.equal(rows.length, 20)
  await isIdle(pool)
  assert.ok((await cluster.nodesThatRan(text)).every((it) => it.startsWith('replica-')))
})

test('a query stream that is destroyed gives its connection back', async (t) => {
  const pool = open(t)
  const client = await pool.connect()
  const stream = client.query(new QueryStream('select id from words', [], { batchSize: 10 }))
  for await (const row of stream) if (row.id > 5) break
  client.release()
  await isIdle(pool)
  assert.deepEqual((await pool.query('select 1 as n')).rows, [{ n: 1 }])
})

test('COPY TO reads on a replica, from a client and from the pool', async (t) => {
  const pool = open(t)
  const text = 'copy (select id from words where id <= 3 order by id) to stdout'
  const client = await pool.connect()
  assert.equal(await textOf(client.query(copyTo(text))), '1\n2\n3\n')
  client.release()
  const stream = copyTo(text)
  const [, copied] = await Promise.all([over(pool, stream), textOf(stream)])
  assert.equal(copied, '1\n2\n3\n')
  await isIdle(pool)
  assert.ok((await cluster.nodesThatRan(text)).every((it) => it.startsWith('replica-')))
})

test('COPY FROM writes on the primary, from a client and from the pool', async (t) => {
  const pool = open(t)
  const text = 'copy words from stdin'
  const client = await pool.connect()
  await pipeline(Readable.from(['2001\tone\n', '2002\ttwo\n']), client.query(copyFrom(text)))
  client.release()
  const stream = copyFrom(text)
  await Promise.all([over(pool, stream), pipeline(Readable.from(['2003\tthree\n']), stream)])
  await isIdle(pool)
  const { rows } = await pool.query({ text: 'select word from words where id > 2000 order by id', route: 'primary' })
  assert.deepEqual(
    rows.map((it) => it['word']),
    ['one', 'two', 'three'],
  )
  assert.deepEqual(await cluster.nodesThatRan(text), ['primary'])
})

test('COPY FROM that fails says so, and its client goes on', async (t) => {
  const pool = open(t)
  const client = await pool.connect()
  const copied = pipeline(Readable.from(['no number\tx\n']), client.query(copyFrom('copy words from stdin')))
  await assert.rejects(copied, { code: '22P02' })
  assert.deepEqual((await client.query('select 1 as n')).rows, [{ n: 1 }])
  client.release()
  await isIdle(pool)
})

test('after COPY FROM, alone or in a transaction, the session reads on the primary', async (t) => {
  const pool = open(t, { sticky: { ttlMs: 5000 } })
  for (const [id, text] of [
    [3001, 'select 1 as alone'],
    [3002, 'select 1 as within'],
  ] as const) {
    await withSession(async () => {
      const client = await pool.connect()
      if (id === 3002) await client.query('begin')
      await pipeline(Readable.from([`${id}\tx\n`]), client.query(copyFrom('copy words from stdin')))
      if (id === 3002) await client.query('commit')
      client.release()
      await pool.query(text)
    })
    assert.deepEqual(await cluster.nodesThatRan(text), ['primary'])
  }
})

test('a pg.Query gives its result by callback, by event and by promise', async (t) => {
  const pool = open(t)
  const result = (await over(pool, new pg.Query('select 1 as n'))) as pg.QueryResult
  assert.deepEqual(result.rows, [{ n: 1 }])
  const client = await pool.connect()
  const query = client.query(new pg.Query('select 2 as n'))
  const row = await new Promise((resolve) => query.on('row', resolve))
  assert.deepEqual(row, { n: 2 })
  client.release()
  await assert.rejects(over(pool, new pg.Query('select nothing')), { code: '42703' })
})

test('a submittable hears it when no connection can be had, in its own way', async (t) => {
  const dead = { host: '127.0.0.1', port: 1, user: 'nobody', database: 'none' }
  const pool = poolOver(cluster, { primary: dead, replicas: [dead], acquireTimeoutMs: 2000 })
  t.after(() => pool.end())
  await assert.rejects(over(pool, new pg.Query('select 1')), { code: 'ERR_NO_REPLICA' })
  const stream = new QueryStream('select 1')
  const failed = assert.rejects(stream.toArray(), { code: 'ERR_NO_REPLICA' })
  await assert.rejects(over(pool, stream), { code: 'ERR_NO_REPLICA' })
  await failed
})

test('the listeners of a stream run in the session of the call, whoever opened the connection', async (t) => {
  const pool = open(t)
  await withSession(() => pool.query({ text: 'select 1', route: { node: 'replica-1' } }))
  await withSession(async (session) => {
    const client = await pool.connect()
    const stream = client.query(new QueryStream('/* sluice: node=replica-1 */ select 1 as n'))
    const seen: unknown[] = []
    stream.on('data', () => seen.push(currentSession()))
    await new Promise((resolve) => {
      stream.on('close', () => {
        seen.push(currentSession())
        resolve(undefined)
      })
    })
    client.release()
    assert.deepEqual(
      seen.map((it) => it === session),
      [true, true],
    )
  })
})

test('a cursor on a server that has fallen silent is given up', async (t) => {
  const pool = poolOver(cluster, { probe: { everyMs: 100, timeoutMs: 300, hungAfterMs: 800 } })
  t.after(() => pool.end())
  const client = await pool.writer.connect()
  const cursor = client.query(new Cursor('select generate_series(1, 10)'))
  assert.equal((await cursor.read(1)).length, 1)
  await cluster.freeze('primary')
  await assert.rejects(cursor.read(1), /Connection terminated unexpectedly/)
  await cluster.thaw('primary')
  client.release()
})
