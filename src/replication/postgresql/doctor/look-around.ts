import type { Sql } from '../sql/sql.js'
import type {
  ClusterFacts,
  DatabaseFacts,
  HbaFacts,
  NodeFacts,
  ReceiverFacts,
  SenderFacts,
  SlotFacts,
} from './facts.js'
import { CORE, HBA, MONITOR } from './questions.js'

/** A node to be examined. */
export interface Examined {
  /** For people: `db1:5432`. */
  readonly node: string
  readonly sql: Sql
}

/** Asks all nodes at once. What cannot be asked is part of what is seen. */
export async function lookAround(nodes: readonly Examined[]): Promise<ClusterFacts> {
  const seen = await Promise.all(
    nodes.map(({ node, sql }) => factsOf(node, sql).catch((error: Error) => ({ node, why: error.message }))),
  )
  return {
    nodes: seen.filter((it): it is NodeFacts => !('why' in it)),
    silent: seen.flatMap((it) => ('why' in it ? [it] : [])),
  }
}

interface CoreRow extends Pick<NodeFacts, 'isStandby' | 'version' | 'system' | 'timeline' | 'isPaused' | 'role'> {
  readonly position: string
  readonly settings: Readonly<Record<string, string>>
  readonly pendingRestart: readonly string[]
  readonly isMonitor: boolean
  readonly nowMs: number
  readonly databases: readonly DatabaseFacts[]
  readonly archiver: NodeFacts['archiver']
  readonly connections: number
  readonly oldestPrepared: NodeFacts['oldestPrepared'] | null
  readonly unlogged: readonly string[]
  readonly slots: readonly SlotFacts[]
}

interface MonitorRow {
  readonly senders: readonly SenderFacts[]
  readonly receiver: ReceiverFacts | null
  readonly oldestTransaction: NodeFacts['oldestTransaction'] | null
}

async function factsOf(node: string, sql: Sql): Promise<NodeFacts> {
  // The connection is opened first: it would count as the clock's error.
  await sql.rows('select 1 as n')
  const askedMs = performance.timeOrigin + performance.now()
  const [core] = await sql.rows<CoreRow>(CORE)
  const answeredMs = performance.timeOrigin + performance.now()
  if (core === undefined) throw new Error('it answers with nothing')
  const sees = core.isMonitor || core.role.isSuperuser
  const [monitor] = sees ? await sql.rows<MonitorRow>(MONITOR) : []
  // Whoever may not see it is told so: `hidden`.
  const hba = await sql.rows<HbaFacts>(HBA).catch(() => undefined)
  const { isMonitor: _, nowMs, position, oldestPrepared, ...facts } = core
  const errorMs = (answeredMs - askedMs) / 2
  return {
    ...facts,
    node,
    position: BigInt(position),
    senders: monitor?.senders,
    receiver: monitor?.receiver,
    oldestTransaction: monitor?.oldestTransaction ?? undefined,
    oldestPrepared: oldestPrepared ?? undefined,
    hba,
    clock: { offsetMs: nowMs - (askedMs + errorMs), errorMs },
    hidden: hiddenFrom(core.role.name, sees, hba !== undefined),
  }
}

function hiddenFrom(role: string, seesActivity: boolean, seesHba: boolean): readonly string[] {
  return [
    ...(seesActivity ? [] : [`replication, its settings, and transactions of others: grant pg_monitor to "${role}"`]),
    ...(seesHba ? [] : ['pg_hba.conf: ask as a superuser']),
  ]
}
