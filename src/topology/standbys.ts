import type { Topology, TopologyNode } from '../model/topology.js'

/** A standby, as the primary sees it. */
export interface SeenStandby {
  /** What it calls itself: `application_name` in its `primary_conninfo`, else its `cluster_name`. */
  readonly applicationName: string
  /** Where it connects from; `undefined`: by a Unix socket. */
  readonly clientAddress: string | undefined
  readonly state: string
}

export interface StandbysOptions {
  /** The port of every standby: the primary does not know it. Default: the pool's, or 5432. */
  readonly port?: number
  /** Where this standby is; `undefined`: it is none of ours. Default: where it connects from. */
  readonly nodeOf?: (standby: SeenStandby) => TopologyNode | undefined
  /** How often the primary is asked, in milliseconds. Default 2000. */
  readonly everyMs?: number
}

const QUERY = `select application_name, client_addr::text as client_addr, state,
  current_setting('is_superuser') = 'on' or pg_has_role('pg_read_all_stats', 'usage') as may_see
from pg_catalog.pg_stat_replication`
/** They receive WAL, and are no servers. */
const TOOLS: ReadonlySet<string> = new Set(['pg_basebackup', 'pg_receivewal', 'pg_receivexlog', 'barman_receive_wal'])

/**
 * The standbys that stream from the primary, as it sees them itself. The pool's own options name the primary, and better every
 * node that may become it: who is named there stays, also when it does not stream.
 *
 * Needs a role of `pg_monitor`, or `pg_read_all_stats`: others are not told where a standby is. A standby of a standby is not seen.
 *
 * @see https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-REPLICATION-VIEW
 */
export function standbys(options: StandbysOptions = {}): Topology {
  const { everyMs = 2000, port, nodeOf = defaultNode(port) } = options
  return {
    name: 'standbys',
    id: 'standbys',
    everyMs,
    async find({ ask }) {
      const rows = (await ask(QUERY)) as readonly unknown[] as readonly Row[]
      if (rows.some((it) => !it.may_see)) {
        throw new Error('the primary does not tell where its standbys are: grant pg_monitor to the role of the pool')
      }
      // None at all is an answer too; the nodes of the options stay.
      return { nodes: rows.flatMap((it) => nodeOf(seen(it)) ?? []), mayBeNone: true }
    },
  }
}

interface Row {
  readonly application_name: string
  readonly client_addr: string | null
  readonly state: string
  readonly may_see: boolean
}

function seen({ application_name: applicationName, client_addr: address, state }: Row): SeenStandby {
  return { applicationName, clientAddress: address ?? undefined, state }
}

function defaultNode(port: number | undefined): (standby: SeenStandby) => TopologyNode | undefined {
  return ({ applicationName, clientAddress }) => {
    if (clientAddress === undefined || TOOLS.has(applicationName)) return undefined
    // Addresses come as `10.0.0.2/32` from a cast of inet.
    const host = clientAddress.replace(/\/\d+$/, '')
    return port === undefined ? { host } : { host, port }
  }
}
