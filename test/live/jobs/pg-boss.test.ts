import assert from 'node:assert/strict'
import { test } from 'node:test'
import PgBoss from 'pg-boss'
import { runJob } from '../../../src/index.js'
import { clusterAndPool } from '../../support/pool.js'

/** The recipe of docs/jobs.md, with replicas that show nothing of it. */
test('a job of pg-boss, enqueued in the transaction of a write, is tried again and sees the write', async (t) => {
  const { cluster, pool } = await clusterAndPool(t)
  await cluster.primary.admin('create table parcels (id int)')
  await cluster.primary.admin('grant all on parcels to app')
  await cluster.primary.admin('create schema pgboss authorization app')
  await cluster.waitForReplay()
  const boss = new PgBoss({ db: { executeSql: (text, values) => pool.writer.query(text, values) } })
  const errors: Error[] = []
  boss.on('error', (error) => errors.push(error))
  await boss.start()
  await boss.createQueue('ship')
  for (const replica of cluster.replicas) await replica.pauseReplay()

  const client = await pool.connect()
  await client.query('begin')
  await client.query('insert into parcels values (7)')
  const db = { executeSql: (text: string, values: unknown[]) => client.query(text, values) }
  await boss.send('ship', { parcel: 7 }, { db, retryLimit: 3, retryDelay: 0 })
  await client.query('commit')
  client.release()

  const attempts: number[] = []
  const shipped = await new Promise((resolve, reject) => {
    const work = async ([job]: PgBoss.JobWithMetadata<{ parcel: number }>[]) => {
      const attempt = (job?.retryCount ?? 0) + 1
      attempts.push(attempt)
      const start = { pool, mustSee: 'primary', consistency: 'delayed', waitMs: 100, attempt } as const
      await runJob(start, async (_, reads) => {
        const { rows } = await pool.query('select id from parcels where id = $1', [job?.data.parcel])
        resolve({ rows, reads })
      })
    }
    boss.work<{ parcel: number }>('ship', { includeMetadata: true, pollingIntervalSeconds: 0.5 }, work).catch(reject)
  }).finally(() => boss.stop({ wait: true }))

  assert.deepEqual(shipped, { rows: [{ id: 7 }], reads: 'primary' })
  assert.deepEqual(attempts, [1, 2])
  assert.deepEqual(errors, [])
})
