import type { Topology } from '../model/topology.js'

export interface PgAutoFailoverOptions {
  /** Of the monitor, for its user `autoctl_node`: `postgres://autoctl_node@monitor/pg_auto_failover`. */
  readonly monitor: string
  /** Default `default`. */
  readonly formation?: string
  /** Default 0. */
  readonly group?: number
  /** How often the monitor is asked, in milliseconds. Default 1000. */
  readonly everyMs?: number
}

/** States in which a node is the one that takes writes, and shall stay so. */
const WRITES: ReadonlySet<string> = new Set(['single', 'wait_primary', 'primary', 'join_primary', 'apply_settings'])
/** Not there for a while, by an operator's word. */
const AWAY: ReadonlySet<string> = new Set(['maintenance', 'wait_maintenance', 'prepare_maintenance', 'dropped'])

/**
 * The nodes that a monitor of pg_auto_failover knows, and the one that it makes the primary: where what a node reports and what the
 * monitor assigned both say so.
 *
 * @see https://pg-auto-failover.readthedocs.io/en/main/failover-state-machine.html
 */
export function pgAutoFailover(options: PgAutoFailoverOptions): Topology {
  const { monitor, formation = 'default', group = 0, everyMs = 1000 } = options
  if (!Number.isSafeInteger(group)) throw new TypeError('pgAutoFailover: group must be a whole number')
  const query = `select nodename, nodehost, nodeport, reportedstate::text as reported, goalstate::text as goal
from pgautofailover.node where formationid = '${formation.replaceAll("'", "''")}' and groupid = ${group}`
  return {
    name: 'pg_auto_failover',
    id: `pg_auto_failover ${formation} ${group} ${new URL(monitor).host}`,
    everyMs,
    async find({ askAt }) {
      const rows = (await askAt(monitor, query)) as readonly unknown[] as readonly Row[]
      return rows.map(({ nodename: name, nodehost: host, nodeport: port, reported, goal }) => ({
        ...{ name, host, port },
        isLeader: WRITES.has(reported) && WRITES.has(goal),
        takesReads: !AWAY.has(reported) && !AWAY.has(goal),
      }))
    },
  }
}

interface Row {
  readonly nodename: string
  readonly nodehost: string
  readonly nodeport: number
  readonly reported: string
  readonly goal: string
}
