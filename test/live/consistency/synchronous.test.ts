import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { ConsistencyError, outcomeOf, sessionFrom, sessionTokens, withSession } from '../../../src/index.js'
import type { Pool, PoolOptions } from '../../../src/pg.js'
import { startCluster, type TestCluster, type TestContext } from '../../../src/testing.js'
import { eventually, PATIENT, poolOver } from '../../support/pool.js'

let cluster: TestCluster
let counter = 0

before(async () => {
  cluster = await startCluster({ replicas: 3 })
  const { primary } = cluster
  await primary.admin('create table notes (id int primary key)')
  await primary.admin('create table answers (note int references notes)')
  await primary.admin('grant all on notes, answers to app')
  await cluster.waitForReplay()
  await primary.admin(`alter system set synchronous_standby_names = 'ANY 2 ("replica-1", "replica-2")'`)
  await primary.admin('select pg_reload_conf()')
})
after(() => cluster?.stop())
beforeEach(() => cluster.forgetStatements())
afterEach(async () => {
  await acknowledge()
  await cluster.waitUntilStreaming()
})

async function open(t: TestContext, options: PoolOptions = {}): Promise<Pool> {
  const pool = poolOver(cluster, { probe: PATIENT, ...options })
  t.after(() => pool.end())
  await pool.query('select 1')
  await eventually(
    () => pool.view().nodes.map((it) => it.progress.position !== undefined),
    (known) => known.every(Boolean),
  )
  return pool
}

const stateOf = (pool: Pool, name: string) => pool.view().nodes.find((it) => it.name === name)?.health.state

/** Commits go on to replicas, and the primary hears of one too few that has them: they are acknowledged to nobody. */
const stall = () => cluster.node('replica-2').upstream.halfOpen()
const acknowledge = async () => cluster.node('replica-2').upstream.heal()

/** A commit that replicas show and the primary does not. */
async function pendingCommit(pool: Pool): Promise<{ readonly id: number; readonly committed: Promise<unknown> }> {
  const id = ++counter
  await stall()
  const committed = pool.query('insert into notes values ($1)', [id])
  committed.catch(() => undefined)
  const seen = () =>
    cluster.node('replica-1').admin<{ n: number }>(`select count(*)::int n from notes where id = ${id}`)
  await eventually(seen, (rows) => rows[0]?.n === 1)
  return { id, committed }
}

type Options = Pick<PoolOptions, 'consistency'> & { readonly route?: 'primary' | { readonly node: string } }

async function count(pool: Pick<Pool, 'query'>, id: number, options: Options = {}): Promise<number> {
  const { rows } = await pool.query({
    text: 'select count(*)::int n from notes where id = $1',
    values: [id],
    ...options,
  })
  return Number(rows[0]?.['n'])
}

const replicasOf = (names: readonly string[]) => names.map((name) => ({ url: cluster.node(name).url, name }))

const onReplica = { route: { node: 'replica-1' }, consistency: 'session' } as const

async function isStillOpen(promise: Promise<unknown>): Promise<boolean> {
  return (await Promise.race([promise, wait(300, 'open')])) === 'open'
}

describe('a session that has seen a commit which still waits for a synchronous standby', () => {
  test('reads it on the primary too: the read waits until the primary shows it', async (t) => {
    const pool = await open(t)
    const { id } = await pendingCommit(pool)
    await withSession(async () => {
      assert.equal(await count(pool, id, onReplica), 1)
      const read = count(pool, id, { route: 'primary' })
      assert.ok(await isStillOpen(read))
      await acknowledge()
      assert.equal(await read, 1)
    })
  })

  test('may refer to it in a write, in a transaction, and on a connection that it holds', async (t) => {
    const pool = await open(t)
    const held = await pool.connect()
    await held.query('create temporary table mine ()')
    const { id } = await pendingCommit(pool)
    await withSession(async () => {
      assert.equal(await count(pool, id, onReplica), 1)
      const written = [
        pool.query('insert into answers values ($1)', [id]),
        pool.transaction((client) => client.query('insert into answers values ($1)', [id])),
        held.query('insert into answers values ($1)', [id]),
      ]
      for (const it of written) assert.ok(await isStillOpen(it))
      await acknowledge()
      await Promise.all(written)
    })
    held.release()
  })

  test('has an error that says so where the wait is too long, and nothing has been sent', async (t) => {
    const pool = await open(t, { holdWritesMs: 200 })
    const { id } = await pendingCommit(pool)
    await withSession(async () => {
      assert.equal(await count(pool, id, onReplica), 1)
      for (const refuse of [
        () => pool.query('delete from notes where id = $1', [id]),
        () => count(pool, id, { route: 'primary' }),
        () => count(pool, id, { route: { node: 'primary' }, consistency: 'session' }),
      ]) {
        await assert.rejects(refuse(), (error: ConsistencyError) => {
          assert.ok(error instanceof ConsistencyError)
          assert.match(error.message, /does not show yet what the session has seen .* after [2-9]\d\d ms/)
          assert.equal(outcomeOf(error), 'not-sent')
          return true
        })
      }
    })
    assert.deepEqual(await cluster.nodesThatRan('delete from notes where id = $1'), [])
  })

  test('reads on replicas all the while', async (t) => {
    const pool = await open(t)
    const { id } = await pendingCommit(pool)
    await withSession(async () => {
      assert.equal(await count(pool, id, onReplica), 1)
      for (let i = 0; i < 10; i++) assert.equal(await count(pool, id), 1)
    })
  })

  test('is told by another replica when the one that showed it has gone', async (t) => {
    const pool = await open(t)
    const { id } = await pendingCommit(pool)
    await withSession(async () => {
      assert.equal(await count(pool, id, onReplica), 1)
      await cluster.node('replica-1').stop('kill')
      const read = count(pool, id, { route: 'primary' })
      assert.ok(await isStillOpen(read))
      await cluster.node('replica-1').start()
      await acknowledge()
      assert.equal(await read, 1)
    })
  })

  test('takes it along in a token', async (t) => {
    const [pool, other] = [await open(t, { id: 'shop' }), await open(t, { id: 'shop' })]
    const tokens = sessionTokens({ keys: ['a key of sixteen bytes or more'] })
    const { id } = await pendingCommit(pool)
    const [settled, unsettled] = await withSession(async (session) => {
      assert.equal(await count(pool, id, onReplica), 1)
      const now = session.tokenNow(tokens)
      return [await session.token(tokens), now]
    })
    const reads = [settled, unsettled].map((token) =>
      sessionFrom(token, { tokens }).run(() => count(other, id, { route: 'primary' })),
    )
    for (const read of reads) assert.ok(await isStillOpen(read))
    await acknowledge()
    assert.deepEqual(await Promise.all(reads), [1, 1])
  })
})

describe('where no replica can tell what the session has seen', () => {
  for (const [whom, node, isGone] of [
    ['the only one has not come so far', 'replica-2', false],
    ['the only one has gone', 'replica-3', true],
  ] as const) {
    test(`it may be of any transaction that has not ended, and of none that began later: ${whom}`, async (t) => {
      const pool = await open(t, { id: 'shop' })
      const other = await open(t, { id: 'shop', replicas: replicasOf([node]) })
      const tokens = sessionTokens({ keys: ['a key of sixteen bytes or more'] })
      const { id } = await pendingCommit(pool)
      const token = await withSession(async (session) => {
        assert.equal(await count(pool, id, onReplica), 1)
        return session.token(tokens)
      })
      if (isGone) {
        await cluster.stop(node, 'kill')
        t.after(() => cluster.start(node))
        await eventually(
          () => stateOf(other, node),
          (it) => it === 'down',
        )
      }
      const read = sessionFrom(token, { tokens }).run(() => count(other, id, { route: 'primary' }))
      assert.ok(await isStillOpen(read))
      const later = await pool.connect()
      await later.query('begin')
      const started = later.query('insert into notes values (-2)')
      await acknowledge()
      await started
      assert.equal(await read, 1)
      await later.query('rollback')
      later.release()
    })
  }

  test('one that comes so far tells, and a transaction that runs on does not matter', async (t) => {
    const pool = await open(t, { id: 'shop' })
    const other = await open(t, { id: 'shop', replicas: replicasOf(['replica-3']) })
    const tokens = sessionTokens({ keys: ['a key of sixteen bytes or more'] })
    const long = await pool.connect()
    await long.query('begin')
    await long.query('insert into notes values (-3)')
    const id = ++counter
    await cluster.pauseReplay('replica-3')
    await pool.query('insert into notes values ($1)', [id])
    await cluster.waitForReplay({ nodes: ['replica-1'] })
    const token = await withSession(async (session) => {
      assert.equal(await count(pool, id, onReplica), 1)
      return session.tokenNow(tokens)
    })
    const read = sessionFrom(token, { tokens }).run(() => count(other, id, { route: 'primary' }))
    assert.ok(await isStillOpen(read))
    await cluster.resumeReplay('replica-3')
    assert.equal(await read, 1)
    await long.query('rollback')
    long.release()
  })
})

describe('nobody else is held', () => {
  test('a session that has read on the primary, or where nothing is shown that the primary does not show', async (t) => {
    const pool = await open(t)
    const before = await pool.connect()
    await before.query('begin')
    await before.query('insert into notes values (-1)')
    await withSession(async () => {
      assert.equal(await count(pool, 0, onReplica), 0)
      assert.equal(await count(pool, 0, { route: 'primary' }), 0)
    })
    await before.query('rollback')
    before.release()

    const { id } = await pendingCommit(pool)
    await withSession(async () => {
      assert.equal(await count(pool, id, { route: 'primary' }), 0)
      assert.equal(await count(pool, id, { route: 'primary' }), 0)
    })
    await withSession({ consistency: 'eventual' }, async () => {
      assert.equal(await count(pool, id, onReplica), 1)
      assert.equal(await count(pool, id, { route: 'primary' }), 0)
    })
    assert.equal(await count(pool, id, { route: 'primary' }), 0)
  })

  test('a token of a session that has read on the primary holds nobody', async (t) => {
    const pool = await open(t, { id: 'shop' })
    const tokens = sessionTokens({ keys: ['a key of sixteen bytes or more'] })
    const { id } = await pendingCommit(pool)
    const token = await withSession(async (session) => {
      await count(pool, id, { route: 'primary' })
      return session.token(tokens)
    })
    assert.ok(token)
    assert.equal(await sessionFrom(token, { tokens }).run(() => count(pool, id, { route: 'primary' })), 0)
  })
})
