import { Pool, type PoolOptions } from '../../src/pg.js'
import { type StartClusterOptions, startCluster, type TestCluster, type TestContext } from '../../src/testing.js'

/** A cluster and a pool over it, both gone with the test. Node names are the same on both sides. */
export async function clusterAndPool(
  t: TestContext,
  options: PoolOptions = {},
  cluster: StartClusterOptions = { replicas: 2 },
): Promise<{ cluster: TestCluster; pool: Pool }> {
  const started = await startCluster(cluster)
  const pool = poolOver(started, options)
  t.after(async () => {
    if (!pool.ended && !pool.ending) await pool.end()
    await started.stop()
  })
  return { cluster: started, pool }
}

export function poolOver(cluster: TestCluster, options: PoolOptions = {}): Pool {
  return new Pool({
    primary: { url: cluster.primary.url, name: cluster.primary.name },
    replicas: cluster.replicas.map((it) => ({ url: it.url, name: it.name })),
    probe: { everyMs: 200, timeoutMs: 1000, hungAfterMs: 3000 },
    ejectMs: 300,
    ...options,
  })
}

/** For tests in which every node is well: a slow machine must not look like a sick node. */
export const PATIENT = { everyMs: 1000, timeoutMs: 8000, hungAfterMs: 20_000 }

/** Waits until the condition holds, and says what was last seen when it does not. */
export async function eventually<T>(
  ask: () => T | Promise<T>,
  isGood: (seen: T) => boolean,
  withinMs = 30_000,
): Promise<T> {
  const deadline = performance.now() + withinMs
  for (;;) {
    const seen = await ask()
    if (isGood(seen)) return seen
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms; last seen: ${JSON.stringify(seen)}`)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** The next event of that name. */
export function next(pool: Pool, name: string): Promise<Record<string, unknown>> {
  return new Promise((resolve) => pool.once(name as never, (message: never) => resolve(message)))
}
