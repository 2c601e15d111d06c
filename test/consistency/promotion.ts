import { setTimeout as wait } from 'node:timers/promises'
import type { TestCluster, TestNode } from '../../src/testing.js'
import type { Random } from './random.js'

/**
 * From now on a commit is acknowledged when one other node has it too, whichever node is the primary. A standby does not
 * read the setting; it is there for the day that it is promoted.
 */
export async function commitOnTwo(cluster: TestCluster): Promise<void> {
  const names = cluster.nodes.map((node) => `"${node.name}"`).join(', ')
  for (const node of cluster.nodes) {
    await node.admin(`alter system set synchronous_standby_names = 'ANY 1 (${names})'`)
    await node.admin('select pg_reload_conf()')
  }
}

/** How the primary goes: in order, as a crash, or frozen and thawed later, still believing that it is the primary. */
const WAYS = ['fast', 'immediate', 'kill', 'freeze'] as const

/**
 * The primary goes, the replica that has received most takes its place, and the old primary comes back: as a replica, or as a primary first.
 * Whatever was acknowledged with `commitOnTwo` is on that replica.
 *
 * @returns the name of the new primary.
 */
export async function promoteAnother(cluster: TestCluster, random: Random): Promise<string> {
  // A standby that has just started knows what it has received only when it streams again.
  await cluster.waitUntilStreaming()
  const old = cluster.primary
  const way = random.pick(WAYS)
  if (way === 'freeze') await old.freeze()
  else await old.stop(way)
  await wait(random.whole(0, 1500))
  const next = await mostAdvanced(cluster.replicas)
  await cluster.promote(next.name)
  await wait(random.whole(0, 1500))
  // It takes writes again, that nobody must send to it.
  if (way === 'freeze') await old.thaw()
  else if (random.chance(0.5)) await old.start()
  await wait(random.whole(0, 500))
  await cluster.rejoin(old.name)
  return next.name
}

async function mostAdvanced(replicas: readonly TestNode[]): Promise<TestNode> {
  const ask = `select (greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) - '0/0'::pg_lsn)::text as bytes`
  const found = await Promise.all(
    replicas.map(async (node) => ({ node, bytes: BigInt((await node.admin<{ bytes: string }>(ask))[0]?.bytes ?? 0) })),
  )
  return found.reduce((best, it) => (it.bytes > best.bytes ? it : best)).node
}
