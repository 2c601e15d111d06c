import type { Pool } from '../../src/pg.js'
import type { TestCluster } from '../../src/testing.js'
import { isGoodRead, type Operation } from './operation.js'

/** How much of the reading left the primary, told by three who do not know of each other. */
export interface Offload {
  /** Of the reads that were answered, the share whose server said that it was a replica; 0 without any. */
  readonly share: number
  /** Reads by the name that the server gave itself. */
  readonly answeredBy: Readonly<Record<string, number>>
  /** Statements that the pool says each node ended well, writes among them. */
  readonly poolServed: Readonly<Record<string, number>>
  /** Why the pool sent them where it did. */
  readonly poolRoutes: Readonly<Record<string, number>>
  /**
   * Scans of the tables that each server has counted since it last crashed: one a read, and on the primary one for each
   * write of a register too.
   */
  readonly serverScans: Readonly<Record<string, number>>
}

export async function offloadOf(operations: readonly Operation[], pool: Pool, cluster: TestCluster): Promise<Offload> {
  const { nodes, routes } = pool.stats()
  const reads = operations.filter(isGoodRead)
  return {
    share: reads.filter((it) => it.onReplica).length / Math.max(1, reads.length),
    answeredBy: countBy(reads, (it) => it.node ?? 'unknown'),
    poolServed: Object.fromEntries(nodes.map((it) => [it.node, it.served])),
    poolRoutes: Object.fromEntries(Object.entries(routes).filter(([, count]) => count > 0)),
    serverScans: await scansOf(cluster),
  }
}

/** A server's own statistics are complete once the sessions that it counts have ended. */
async function scansOf(cluster: TestCluster): Promise<Readonly<Record<string, number>>> {
  const ask = `select coalesce(sum(seq_scan + coalesce(idx_scan, 0)), 0)::int as scans
               from pg_stat_user_tables where relname like 'register%' or relname = 'elements'`
  const scans = await Promise.all(cluster.nodes.map((node) => node.admin<{ scans: number }>(ask)))
  return Object.fromEntries(cluster.nodes.map((node, at) => [node.name, scans[at]?.[0]?.scans ?? 0]))
}

function countBy<T>(from: readonly T[], by: (it: T) => string): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const it of from) counts[by(it)] = (counts[by(it)] ?? 0) + 1
  return counts
}
