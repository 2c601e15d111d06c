import { withSession } from '../../../src/index.js'
import type { TestCluster } from '../../../src/testing.js'
import { countStatements, type Shop } from './shop.js'

/** Reads of the books and their orders, as every library writes them. */
const READ = /^\s*select\b[^;]*\bfrom\b[^;]*\b(books|orders)\b(?!.*\bfor (no key )?update\b)/is
const LAG_MS = 250
const TRIES = 6
const READS = 40

/** How many of its reads the servers say ran on replicas. @returns 0 to 1. */
export async function shareOnReplicas(cluster: TestCluster, shop: Shop): Promise<number> {
  cluster.forgetStatements()
  for (let i = 0; i < READS; i++) await shop.stockOf(1 + (i % 5))
  const counts = countStatements(cluster, READ)
  const all = [...counts.values()].reduce((sum, it) => sum + it, 0)
  return (all - (counts.get(cluster.primary.name) ?? 0)) / all
}

/** How often a user who writes, and reads at once, misses it while replicas lag. */
export async function staleReads(cluster: TestCluster, shop: Shop): Promise<{ stale: number; of: number }> {
  for (const replica of cluster.replicas) await replica.lag(LAG_MS)
  let stale = 0
  for (let i = 0; i < TRIES; i++) {
    await withSession(async () => {
      const stock = 2000 + i
      await shop.setStock(2, stock)
      if ((await shop.stockOf(2)) !== stock) stale++
    })
  }
  for (const replica of cluster.replicas) await replica.lag(0)
  await cluster.waitForReplay()
  return { stale, of: TRIES }
}

/** How many reads fail from the moment that one replica is killed. It is up again at the end. */
export async function failedReads(
  cluster: TestCluster,
  shop: Shop,
): Promise<{ errors: readonly string[]; of: number }> {
  const [victim] = cluster.replicas
  for (let i = 0; i < 10; i++) await shop.stockOf(1)
  const errors: string[] = []
  const read = () => shop.stockOf(1).catch((error: Error) => errors.push(error.stack ?? error.message))
  const killed = victim!.stop('kill')
  await Promise.all(Array.from({ length: READS / 2 }, read))
  await killed
  for (let i = 0; i < READS / 2; i++) await read()
  await victim!.start()
  await cluster.waitUntilStreaming()
  return { errors, of: READS }
}
