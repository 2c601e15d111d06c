import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import {
  ConfigError,
  type JobReads,
  type JobStart,
  JobTooEarlyError,
  outcomeOf,
  runJob,
  sessionTokens,
  withSession,
} from '../../../src/index.js'
import type { Pool } from '../../../src/pg.js'
import { startCluster, type TestCluster } from '../../../src/testing.js'
import { eventually, poolOver } from '../../support/pool.js'

const tokens = sessionTokens({ keys: ['a key of sixteen bytes or more'] })
const READ = 'select count(*)::int from notes where id = $1'

let cluster: TestCluster
let web: Pool
let worker: Pool

before(async () => {
  cluster = await startCluster({ replicas: 2 })
  await cluster.primary.admin('create table notes (id int primary key)')
  await cluster.primary.admin('grant all on notes to app')
  await cluster.waitForReplay()
  web = poolOver(cluster, { id: 'notes' })
  worker = poolOver(cluster, { id: 'notes' })
})
after(async () => {
  await web?.end()
  await worker?.end()
  await cluster?.stop()
})
beforeEach(() => cluster.forgetStatements())
afterEach(async () => {
  for (const replica of cluster.replicas) await replica.resumeReplay()
  await cluster.waitForReplay()
})

async function pauseReplay(): Promise<void> {
  for (const replica of cluster.replicas) await replica.pauseReplay()
}

let lastId = 0

/** A request that writes a note and enqueues a job about it. */
async function enqueue(): Promise<{ id: number; token: string | undefined }> {
  const id = ++lastId
  const token = await withSession(async (session) => {
    await web.query('insert into notes values ($1)', [id])
    return session.token(tokens)
  })
  return { id, token }
}

/** The job: whether it saw the note, what it was told of its reads, and where the servers say that they ran. */
async function work(id: number, start: Omit<JobStart, 'pool' | 'tokens'>) {
  const outcome = await runJob({ pool: worker, tokens, ...start }, async (_, reads: JobReads) => {
    const { rows } = await worker.query<{ count: number }>(READ, [id])
    return { seen: rows[0]?.count, reads }
  })
  return { ...outcome, nodes: await cluster.nodesThatRan(READ) }
}

const ON_PRIMARY = { seen: 1, reads: 'primary', nodes: ['primary'] }

describe('while replay is paused', () => {
  beforeEach(pauseReplay)

  test('a sticky job reads on the primary', async () => {
    const { id, token } = await enqueue()
    assert.deepEqual(await work(id, { token, consistency: 'sticky', waitMs: 200 }), ON_PRIMARY)
  })

  test('sticky is what a job is that says nothing', async () => {
    const { id, token } = await enqueue()
    assert.deepEqual(await work(id, { token, waitMs: 200 }), ON_PRIMARY)
  })

  test('a delayed job fails once, before it began, and then reads on the primary', async () => {
    const { id, token } = await enqueue()
    let calls = 0
    const start = { pool: worker, tokens, token, consistency: 'delayed', waitMs: 200 } as const
    const first = runJob({ ...start, attempt: 1 }, () => calls++)
    await assert.rejects(first, (error) => {
      assert.ok(error instanceof JobTooEarlyError)
      assert.deepEqual([error.code, outcomeOf(error)], ['ERR_JOB_TOO_EARLY', 'not-sent'])
      return true
    })
    assert.equal(calls, 0)
    assert.deepEqual(await work(id, { token, consistency: 'delayed', waitMs: 200, attempt: 2 }), ON_PRIMARY)
  })

  test('a job whose token is not believed sees what the primary shows', async () => {
    const { id } = await enqueue()
    assert.deepEqual(await work(id, { token: 'v1.forged.token', waitMs: 200 }), ON_PRIMARY)
  })

  test('a job that must see what the primary shows needs no token', async () => {
    const { id } = await enqueue()
    assert.deepEqual(await work(id, { mustSee: 'primary', waitMs: 200 }), ON_PRIMARY)
  })

  test('a job without a token need not see anything, and does not wait', async () => {
    const { id } = await enqueue()
    const { seen, reads } = await work(id, { token: undefined, consistency: 'delayed', attempt: 1 })
    assert.deepEqual({ seen, reads }, { seen: 0, reads: 'replicas' })
  })
})

test('an always job reads on the primary, though the replicas show everything', async () => {
  const { id, token } = await enqueue()
  await cluster.waitForReplay()
  assert.deepEqual(await work(id, { token, consistency: 'always' }), ON_PRIMARY)
})

for (const consistency of ['sticky', 'delayed'] as const) {
  test(`a ${consistency} job waits for a replica, and reads there`, async (t) => {
    for (const replica of cluster.replicas) await replica.lag(300)
    t.after(() => Promise.all(cluster.replicas.map((replica) => replica.lag(0))))
    const { id, token } = await enqueue()
    const { seen, reads, nodes } = await work(id, { token, consistency, waitMs: 30_000, attempt: 1 })
    assert.deepEqual({ seen, reads }, { seen: 1, reads: 'replicas' })
    assert.equal(nodes.includes('primary'), false, nodes.join())
  })
}

test('with every replica gone, a sticky job reads on the primary', async () => {
  await Promise.all(cluster.replicas.map((replica) => replica.stop()))
  try {
    const { id, token } = await enqueue()
    await eventually(
      () => worker.view().nodes.filter((it) => it.health.state === 'up').length,
      (up) => up === 1,
    )
    assert.deepEqual(await work(id, { token, waitMs: 60_000 }), ON_PRIMARY)
  } finally {
    await Promise.all(cluster.replicas.map((replica) => replica.start()))
  }
})

test('a job that writes reads its own writes', async () => {
  const { token } = await enqueue()
  await cluster.waitForReplay()
  await pauseReplay()
  const id = ++lastId
  const seen = await runJob({ pool: worker, token, tokens }, async () => {
    await worker.query('insert into notes values ($1)', [id])
    return (await worker.query<{ count: number }>(READ, [id])).rows[0]?.count
  })
  assert.equal(seen, 1)
})

test('a job that reads by several pools waits for all of them', async () => {
  const { id, token } = await enqueue()
  const never = { caughtUp: async () => false }
  const reads = await runJob({ pool: [worker, never], token, tokens }, async (_, it) => it)
  assert.equal(reads, 'primary')
  assert.ok(id > 0)
})

test('options that a job cannot mean are refused', async () => {
  const start = { pool: worker, token: undefined, tokens }
  for (const wrong of [
    { waitMs: 0 },
    { attempt: 0 },
    { consistency: 'delayed' },
    { consistency: 'never' as never },
  ] as const) {
    await assert.rejects(
      runJob({ ...start, ...wrong }, () => 0),
      ConfigError,
    )
  }
})

describe('whether replicas show what a session must see', () => {
  test('with nothing to see they do, without a question', async () => {
    await withSession(async (session) => assert.equal(await worker.caughtUp(session), true))
  })

  test('while replay is paused they do not, and when it goes on they do', async () => {
    await worker.query('select 1')
    await pauseReplay()
    await withSession(async (session) => {
      await worker.query('insert into notes values ($1)', [++lastId])
      assert.equal(await worker.caughtUp(session, { waitMs: 50 }), false)
      for (const replica of cluster.replicas) await replica.resumeReplay()
      await eventually(() => worker.caughtUp(session, { waitMs: 1000 }), Boolean)
    })
  })

  test('of a pool that has ended nobody can tell', async () => {
    const ended = poolOver(cluster)
    await ended.query('select 1')
    await ended.end()
    await withSession((session) => assert.rejects(ended.caughtUp(session), { code: 'ERR_CLOSED' }))
  })
})
