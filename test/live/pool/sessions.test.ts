import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { currentSession, type Session, sessionTokens, withSession } from '../../../src/index.js'
import { Pool, type PoolOptions } from '../../../src/pg.js'
import { startCluster, type TestCluster, type TestContext } from '../../../src/testing.js'
import { eventually, PATIENT, poolOver } from '../../support/pool.js'

const tokens = sessionTokens({ keys: ['a key of sixteen bytes or more'] })
const WRITE = 'insert into notes values (1)'

let cluster: TestCluster

before(async () => {
  cluster = await startCluster({ replicas: 1 })
  await cluster.primary.admin('create table notes (id int)')
  await cluster.primary.admin('grant all on notes to app')
  await cluster.waitForReplay()
})

after(() => cluster?.stop())

beforeEach(() => cluster.forgetStatements())

function open(t: TestContext, options: PoolOptions = {}): Pool {
  const pool = poolOver(cluster, { probe: PATIENT, sticky: { ttlMs: 5000 }, ...options })
  t.after(() => pool.end())
  return pool
}

let reads = 0

/** Reads once, and asks the servers who did it. */
async function reader(pool: Pick<Pool, 'query'>): Promise<string> {
  const text = `select ${++reads} as read`
  await pool.query(text)
  return (await cluster.nodesThatRan(text)).join()
}

test('a session reaches through callbacks, timers and iterators', async (t) => {
  const pool = open(t)
  await withSession(async (session) => {
    await pool.query(WRITE)
    const byCallback = new Promise((resolve) => pool.query('select 1', () => resolve(currentSession())))
    const byConnect = new Promise((resolve) =>
      pool.connect((_error, _client, done) => {
        done()
        resolve(currentSession())
      }),
    )
    const byTimer = new Promise<string>((resolve) => setTimeout(() => resolve(reader(pool)), 1))
    assert.equal(await byCallback, session)
    assert.equal(await byConnect, session)
    assert.equal(await byTimer, 'primary')
  })
})

test('callbacks of a pool of one node run in the session of the call too', async (t) => {
  const pool = new Pool({ connectionString: cluster.primary.url, max: 1 })
  t.after(() => pool.end())
  await withSession(() => pool.query('select 1'))
  const seen = await Promise.all(
    Array.from({ length: 10 }, () =>
      withSession(
        (session) =>
          new Promise<boolean>((resolve) => pool.query('select 1', () => resolve(currentSession() === session))),
      ),
    ),
  )
  assert.ok(seen.every(Boolean))
})

test('with sticky off a write holds nothing', async (t) => {
  const pool = open(t, { sticky: false, consistency: 'eventual' })
  await withSession(async () => {
    await pool.query(WRITE)
    assert.equal(await reader(pool), 'replica-1')
  })
})

test('a write holds its session on the primary, also from a client, in a transaction, or when it failed', async (t) => {
  const pool = open(t)
  const writes: readonly (() => Promise<unknown>)[] = [
    () => pool.query(WRITE),
    () => pool.writer.query('delete from notes'),
    async () => {
      const client = await pool.connect()
      await client.query('begin')
      await client.query(WRITE)
      await client.query('commit')
      client.release()
    },
    () => assert.rejects(pool.query('insert into notes values (1/0)')),
  ]
  for (const write of writes) {
    await withSession(async () => {
      assert.equal(await reader(pool), 'replica-1')
      await write()
      assert.equal(await reader(pool), 'primary')
    })
  }
})

test('a client outside of any session is one of its own', async (t) => {
  const pool = open(t)
  const client = await pool.connect()
  assert.equal(await reader(client), 'replica-1')
  await client.query(WRITE)
  assert.equal(await reader(client), 'primary')
  client.release()
  assert.equal(await reader(pool), 'replica-1')
})

test('pin, unpin and withoutPin', async (t) => {
  const pool = open(t)
  await withSession(async (session) => {
    session.pin('primary')
    assert.equal(await reader(pool), 'primary')
    assert.equal(await session.withoutPin(() => reader(pool)), 'replica-1')
    session.unpin()
    assert.equal(await reader(pool), 'replica-1')
    await session.withoutPin(() => pool.query(WRITE))
    assert.equal(await reader(pool), 'replica-1')
  })
})

test('a token takes the session to another pool, as to another process', async (t) => {
  const [here, there] = [open(t), open(t)]
  const token = await withSession(async (session) => {
    await here.query(WRITE)
    return session.tokenNow(tokens)
  })
  assert.equal(await withSession({ token, tokens }, () => reader(there)), 'primary')
  assert.equal(await withSession({ token: `${token}x`, tokens }, () => reader(there)), 'replica-1')
})

test('a job left in the background is not pinned for ever', async (t) => {
  const pool = open(t, { sticky: { ttlMs: 60_000 } })
  let goOn = () => {}
  const gate = new Promise<void>((resolve) => {
    goOn = resolve
  })
  let job: Promise<string> | undefined
  await withSession(async (session: Session) => {
    session.pin('primary')
    assert.equal(await reader(pool), 'primary')
    // A pool that was just made may not know the replica yet.
    job = gate.then(() =>
      eventually(
        () => reader(pool),
        (it) => it === 'replica-1',
      ),
    )
  })
  goOn()
  assert.equal(await job, 'replica-1')
})

test('a rejection that nobody handles is still one after the session', async () => {
  const program = `import { withSession } from './src/index.js'
    void withSession(async () => { throw new Error('nobody awaits this') })`
  const args = ['--import', 'tsx', '--input-type=module', '--eval', program]
  const root = join(import.meta.dirname, '../../..')
  const failure = await new Promise<string>((resolve) => {
    execFile(process.execPath, args, { cwd: root }, (error, _out, text) =>
      resolve(error === null ? 'it went well' : text),
    )
  })
  assert.match(failure, /nobody awaits this/)
})
