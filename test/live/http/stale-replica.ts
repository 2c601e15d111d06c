import type { Pool, PoolOptions } from '../../../src/pg.js'
import { startCluster, type TestCluster } from '../../../src/testing.js'
import { eventually, poolOver } from '../../support/pool.js'

/** However busy the machine is, the replica stays in use: a read that went elsewhere would not be stale. */
const PATIENT = { everyMs: 200, timeoutMs: 10_000, hungAfterMs: 20_000 }

/** A primary with an empty table `notes (body)`, and a replica that will show no more than that. */
export async function staleReplica(options: PoolOptions = {}): Promise<{ cluster: TestCluster; pool: Pool }> {
  const cluster = await startCluster({ replicas: 1 })
  const pool = poolOver(cluster, { probe: PATIENT, ...options })
  await pool.query('create table notes (body text)')
  await cluster.waitForReplay()
  await eventually(
    () => pool.view().nodes.map((it) => it.health.state),
    (states) => states.every((it) => it === 'up'),
  )
  await cluster.pauseReplay('replica-1')
  return { cluster, pool }
}
