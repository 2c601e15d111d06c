import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, describe, type TestContext, test } from 'node:test'
import { Queue, Worker } from 'bullmq'
import { type JobConsistency, runJob, sessionTokens, withSession } from '../../../src/index.js'
import type { Pool } from '../../../src/pg.js'
import type { TestCluster } from '../../../src/testing.js'
import { need } from '../../support/need.js'
import { clusterAndPool } from '../../support/pool.js'
import { RedisServer, redisPart } from '../../support/redis.js'

interface Receipt {
  readonly order: number
  readonly session: string | undefined
}

const tokens = sessionTokens({ keys: ['a key of sixteen bytes or more'] })

describe('a job of BullMQ', need(redisPart('jobs of BullMQ')), () => {
  let server: RedisServer

  before(async () => {
    server = await RedisServer.start()
  })
  after(() => server?.stop())

  /** The recipe of docs/jobs.md. @returns the attempts it took, and what the last one saw and where. */
  async function sendReceipt(t: TestContext, pool: Pool, consistency: JobConsistency) {
    const connection = { host: '127.0.0.1', port: server.port, maxRetriesPerRequest: null }
    const queue = new Queue<Receipt>(`receipts-${consistency}`, { connection })
    t.after(() => queue.close())
    await withSession(async (session) => {
      await pool.query('insert into orders values (7)')
      const data = { order: 7, session: await session.token(tokens) }
      await queue.add('receipt', data, { attempts: 3, backoff: { type: 'fixed', delay: 10 } })
    })
    const failures: string[] = []
    const worker = new Worker<Receipt>(
      queue.name,
      ({ data, attemptsMade }) =>
        runJob(
          { pool, tokens, token: data.session, consistency, waitMs: 100, attempt: attemptsMade + 1 },
          async (_, reads) => {
            const { rows } = await pool.query('select id from orders where id = $1', [data.order])
            return { rows, reads }
          },
        ),
      { connection, autorun: false },
    )
    t.after(() => worker.close())
    worker.on('failed', (_, error) => failures.push(error.name))
    const completed = once(worker, 'completed')
    void worker.run()
    const [, result] = await completed
    return { failures, result }
  }

  async function shop(t: TestContext): Promise<{ cluster: TestCluster; pool: Pool }> {
    const made = await clusterAndPool(t)
    await made.cluster.primary.admin('create table orders (id int)')
    await made.cluster.primary.admin('grant all on orders to app')
    await made.cluster.waitForReplay()
    await made.pool.query('select 1')
    for (const replica of made.cluster.replicas) await replica.pauseReplay()
    return made
  }

  test('that is delayed is tried again by its queue, and then sees the write on the primary', async (t) => {
    const { pool } = await shop(t)
    assert.deepEqual(await sendReceipt(t, pool, 'delayed'), {
      failures: ['JobTooEarlyError'],
      result: { rows: [{ id: 7 }], reads: 'primary' },
    })
  })

  test('that is sticky sees the write on the primary at once', async (t) => {
    const { pool } = await shop(t)
    assert.deepEqual(await sendReceipt(t, pool, 'sticky'), {
      failures: [],
      result: { rows: [{ id: 7 }], reads: 'primary' },
    })
  })
})
