import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import pg, { type PoolClient } from 'pg'
import Cursor from 'pg-cursor'
import { sessionFrom, sessionTokens, withSession } from '../../../src/index.js'
import type { Pool } from '../../../src/pg.js'
import { startCluster, type TestCluster } from '../../../src/testing.js'
import { clusterAndPool, eventually, next, PATIENT, poolOver } from '../../support/pool.js'

const tokens = sessionTokens({ keys: ['a key of sixteen bytes or more'] })
/** Longer than any replay takes: whoever falls back to the primary has waited for something that does not come. */
const CERTAIN = { waitMs: 10_000, probe: PATIENT }

async function know(pool: Pool): Promise<void> {
  await pool.query('select 1')
  await eventually(
    () => pool.view().nodes.map((it) => it.progress.position !== undefined && it.health.state === 'up'),
    (known) => known.every(Boolean),
  )
}

test('each position can be reached without any later write, wherever in a page it falls', async (t) => {
  const { pool } = await clusterAndPool(t, CERTAIN, { replicas: 1 })
  await pool.query('create table notes (id int, body text)')
  const seen = new Set<number>()
  for (let id = 0; id < 400; id++) {
    await withSession(async () => {
      await pool.query('insert into notes values ($1, $2)', [id, 'x'.repeat(id % 97)])
      const { rows } = await pool.query('select id from notes where id = $1', [id])
      assert.equal(rows.length, 1)
    })
    const { position } = pool.view().nodes[0]?.progress ?? {}
    if (position !== undefined) seen.add(Number(position.lsn % 8192n))
  }
  assert.equal(pool.stats().routes['behind'], 0)
  assert.equal(seen.has(24), false, 'a place behind the header of an empty page is never waited for')
})

test('a write that the server does not wait for is seen all the same', async (t) => {
  const { pool } = await clusterAndPool(t, CERTAIN, { replicas: 1 })
  await pool.query('create table notes (id int)')
  for (let id = 0; id < 20; id++) {
    await withSession(async () => {
      const client = await pool.connect()
      await client.query('set synchronous_commit = off')
      await client.query('insert into notes values ($1)', [id])
      client.release()
      const { rows } = await pool.query('select id from notes where id = $1', [id])
      assert.equal(rows.length, 1)
    })
  }
})

test('a token takes what was written to another pool, and to a session of many calls', async (t) => {
  const { cluster, pool } = await clusterAndPool(t, { probe: PATIENT, id: 'shop' })
  await pool.query('create table notes (id int)')
  await cluster.waitForReplay()
  const other = poolOver(cluster, { probe: PATIENT, id: 'shop' })
  t.after(() => other.end())
  await know(other)
  for (const { name } of cluster.replicas) await cluster.pauseReplay(name)
  const [token, at_once] = await withSession(async (session) => {
    await pool.query('insert into notes values (1)')
    assert.ok(session.hasMoved)
    return [await session.token(tokens), session.tokenNow(tokens)]
  })
  const count = async () => (await other.query('select id from notes')).rows.length

  assert.equal(await withSession({ token, tokens }, count), 1)
  assert.equal(await sessionFrom(at_once, { tokens }).run(count), 1)
  assert.equal(await withSession({ token: `${token}x`, tokens }, count), 0)
  assert.equal(await withSession({ token: 'nonsense', tokens, refusedToken: 'see-primary' }, count), 1)
  assert.equal(await withSession(count), 0)
})

test('a token that is not believed is told once, and harms nobody', async (t) => {
  const { pool } = await clusterAndPool(t, { probe: PATIENT })
  const refused = next(pool, 'tokenRefused')
  await withSession({ token: 'v1.a.b', tokens }, () => pool.query('select 1'))
  assert.deepEqual(await refused, { problem: 'forged' })
})

test('a session moves only when there is more to see', async (t) => {
  const { cluster, pool } = await clusterAndPool(t, CERTAIN)
  await pool.query('create table notes (id int)')
  await cluster.waitForReplay()
  const token = await withSession(async (session) => {
    await pool.query('select id from notes')
    await pool.query('insert into notes values (1)')
    return session.token(tokens)
  })
  const moved = await withSession({ token, tokens }, async (session) => {
    const before = session.hasMoved
    await pool.query('select id from notes')
    await session.token(tokens)
    return [before, session.hasMoved]
  })
  assert.equal(moved[0], false)
})

test('a token of another database of the same name holds nobody up, and is told', async (t) => {
  const { pool } = await clusterAndPool(t, { probe: PATIENT, id: 'shop' }, { replicas: 1 })
  const elsewhere = await clusterAndPool(t, { probe: PATIENT, id: 'shop' }, { replicas: 1 })
  const token = await withSession(async (session) => {
    await elsewhere.pool.query('create table notes (id int)')
    return session.token(tokens)
  })
  await know(pool)
  const lost = next(pool, 'positionLost')
  const { rows } = await withSession({ token, tokens }, () => pool.query('select 7 as n'))
  assert.deepEqual(rows, [{ n: 7 }])
  assert.equal((await lost)['why'], 'foreign')
})

test('after a failover what was replicated is still seen, and a lost write is told and not waited for', async (t) => {
  const cluster = await startCluster(t, { replicas: 2 })
  const pool = poolOver(cluster, { probe: { everyMs: 200, timeoutMs: 2000, hungAfterMs: 5000 }, id: 'shop' })
  t.after(() => pool.end())
  await pool.query('create table notes (id int)')
  const kept = await withSession(async (session) => {
    await pool.query('insert into notes values (1)')
    return session.token(tokens)
  })
  await cluster.waitForReplay()
  await know(pool)
  for (const replica of cluster.replicas) await replica.upstream.cut()
  const lost = await withSession(async (session) => {
    await pool.query('insert into notes values (2)')
    return session.token(tokens)
  })
  await cluster.stop('primary', 'kill')
  for (const replica of cluster.replicas) await replica.upstream.heal()
  await cluster.promote('replica-1')
  await eventually(
    () =>
      pool.query({ text: 'select 1', route: 'primary' }).then(
        () =>
          pool.view().nodes.find((it) => it.role === 'primary' && it.health.state === 'up')?.progress.position
            ?.timeline ?? JSON.stringify(pool.view().nodes.map(({ name, role, health }) => [name, role, health.state])),
        (error: Error) => error.message,
      ),
    (timeline) => timeline === 2,
  )
  const told: string[] = []
  pool.on('positionLost', (event) => told.push(event.why))
  const read = (token: string | undefined) =>
    withSession({ token, tokens }, async () => (await pool.query('select id from notes order by id')).rows)

  assert.deepEqual(await read(kept), [{ id: 1 }])
  assert.equal(told.join(), '')
  assert.deepEqual(await read(lost), [{ id: 1 }])
  assert.equal(told.join(), 'lost')

  const late = poolOver(cluster, { probe: PATIENT, id: 'shop' })
  t.after(() => late.end())
  await know2(late)
  late.on('positionLost', (event) => told.push(event.why))
  assert.deepEqual(
    await withSession({ token: kept, tokens }, async () => (await late.query('select id from notes')).rows),
    [{ id: 1 }],
  )
  assert.equal(told.join(), 'lost,unknown')
})

/** All but the old primary, which is gone. */
async function know2(pool: Pool): Promise<void> {
  await pool.query('select 1')
  await eventually(
    () => pool.view().nodes.filter((it) => it.progress.position !== undefined).length,
    (known) => known === 2,
  )
}

test('what a transaction has shown is seen at once, and also when its connection is lost', async (t) => {
  const { cluster, pool } = await clusterAndPool(t, { probe: PATIENT, waitMs: 0 })
  await pool.query('create table notes (id int)')
  await cluster.waitForReplay()
  await know(pool)
  for (const { name } of cluster.replicas) await cluster.pauseReplay(name)
  // Others write, so that nothing but what it is shown tells a session of it.
  const add = (id: number) => cluster.primary.admin(`insert into notes values (${id})`)
  const countIn = async (it: Pick<Pool, 'query'>) => (await it.query('select id from notes')).rows.length
  const inTransaction = (work: (client: PoolClient) => Promise<unknown>) =>
    withSession(async () => {
      const client = await pool.connect()
      try {
        await client.query('begin')
        await work(client)
      } finally {
        client.release(true)
      }
    })

  await add(1)
  await inTransaction(async (client) => assert.deepEqual([await countIn(client), await countIn(pool)], [1, 1]))
  await inTransaction(async (client) => {
    await client.query('update notes set id = id returning id')
    assert.equal(await countIn(pool), 1, 'what a write returns')
  })
  await inTransaction(async (client) => {
    assert.equal(await countIn(client), 1)
    const isBroken = once(client, 'error')
    await cluster.primary.admin("select pg_terminate_backend(pid) from pg_stat_activity where state like 'idle in%'")
    await isBroken
    assert.equal(await countIn(pool), 1, 'by a connection that is lost')
  })
})

test('what a cursor shows is seen from its first row on, not from when it was asked for', async (t) => {
  const { cluster, pool } = await clusterAndPool(t, { probe: PATIENT, waitMs: 300 })
  await pool.query('create table notes (id int)')
  await cluster.primary.admin(`create function hurdle() returns int immutable language plpgsql as
    $$ begin perform pg_advisory_xact_lock_shared(1); return 1; end $$`)
  await know(pool)
  await pauseWhereThePrimaryIs(cluster)
  const other = new pg.Client({ connectionString: cluster.primary.adminUrl })
  await other.connect()
  await other.query('select pg_advisory_lock(1)')
  const count = async () => (await pool.query('select id from notes')).rows.length
  const seen = await withSession(async () => {
    const client = await pool.writer.connect()
    // The hurdle is met when the statement is planned, before it takes its picture of the data.
    const cursor = client.query(new Cursor('select id from notes where hurdle() = 1'))
    await eventually(
      () => other.query("select from pg_stat_activity where wait_event = 'advisory'"),
      ({ rowCount }) => rowCount === 1,
    )
    const before = await count()
    await other.query('insert into notes values (1)')
    await other.query('select pg_advisory_unlock(1)')
    const shown = (await cursor.read(1)).length
    const after = await count()
    await cursor.close()
    client.release()
    return [before, shown, after]
  })
  await other.end()
  assert.deepEqual(seen, [0, 1, 1])
})

/** Replicas that show nothing new, and lack nothing so far. */
async function pauseWhereThePrimaryIs(cluster: TestCluster): Promise<void> {
  const isAt = async (lsn: string) => {
    const asked = cluster.replicas.map((it) =>
      it.admin<{ lsn: string }>('select pg_last_wal_replay_lsn()::text as lsn'),
    )
    return (await Promise.all(asked)).every(([row]) => row?.lsn === lsn)
  }
  await eventually(
    async () => {
      for (const { name } of cluster.replicas) await cluster.resumeReplay(name)
      await cluster.waitForReplay()
      for (const { name } of cluster.replicas) await cluster.pauseReplay(name)
      const [row] = await cluster.primary.admin<{ lsn: string }>('select pg_current_wal_insert_lsn()::text as lsn')
      return isAt(row?.lsn ?? '')
    },
    (it) => it,
  )
}

test('what a kept statement writes or shows is seen: nobody here knows which it does', async (t) => {
  const { cluster, pool } = await clusterAndPool(t, { probe: PATIENT, waitMs: 0 })
  await pool.query('create table notes (id int)')
  await cluster.waitForReplay()
  await know(pool)
  for (const { name } of cluster.replicas) await cluster.pauseReplay(name)
  const count = async () => (await pool.query('select id from notes')).rows.length
  const within = (work: (client: PoolClient) => Promise<unknown>) =>
    withSession(async () => {
      const client = await pool.connect()
      try {
        await work(client)
        return await count()
      } finally {
        client.release(true)
      }
    })
  const executed = await within(async (client) => {
    await client.query('prepare adding as insert into notes values (1)')
    await client.query('execute adding')
  })
  const fetched = await within(async (client) => {
    await client.query('begin')
    await client.query('declare them cursor for select id from notes')
    await client.query('fetch all from them')
  })
  const together = await within((client) => client.query('listen a; select id from notes'))
  assert.deepEqual([executed, fetched, together], [1, 1, 1])
})
