import type { Fate, Fates } from '../../model/fates.js'
import { lsnOf } from './positions.js'

const TRACE_QUERY = `select pg_catalog.pg_current_xact_id_if_assigned()::text as xid,
  pg_catalog.pg_current_wal_insert_lsn()::text as written,
  pg_catalog.pg_postmaster_start_time()::text as started,
  (select system_identifier from pg_catalog.pg_control_system())::text as system,
  ('x' || substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 1, 8))::bit(32)::int as timeline`

export interface Trace {
  /** `undefined`: it has written nothing, and there is nothing to commit. */
  readonly xid: string | undefined
  /** All that it wrote is before this. */
  readonly written: bigint
  readonly started: string
  readonly system: string
  readonly timeline: number
}

export function traceOf(row: unknown): Trace {
  const { xid, written, ...rest } = row as { xid: string | null; written: string } & Omit<Trace, 'xid' | 'written'>
  return { ...rest, xid: xid ?? undefined, written: lsnOf(written) }
}

const FATE_QUERY = `select case when $1::xid8 < pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())
    then pg_catalog.pg_xact_status($1::xid8) else 'not ended' end as status,
  pg_catalog.pg_last_wal_replay_lsn()::text as recovered,
  pg_catalog.pg_postmaster_start_time()::text as started,
  (select system_identifier from pg_catalog.pg_control_system())::text as system,
  ('x' || substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 1, 8))::bit(32)::int as timeline`

interface FateRow {
  /** `not ended`: no transaction of this number has, nor of a later one. `null`: nobody remembers. */
  readonly status: 'committed' | 'aborted' | 'in progress' | 'not ended' | null
  readonly recovered: string | null
  readonly started: string
  readonly system: string
  readonly timeline: number
}

/**
 * What became of a transaction whose COMMIT was not answered.
 *
 * The server alone does not know it after a crash or a promotion: what the transaction wrote may be lost, and its number given to
 * another. So it counts where its last recovery ended. Before what the transaction had written: the transaction is lost, whatever
 * its number means now. Behind it: the number was known to the recovery, is not given again, and its status is the truth. After two
 * promotions nobody can tell any more.
 *
 * @see https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-PG-SNAPSHOT
 */
export function fateOf(trace: Trace, row: unknown): Fate {
  const { status, recovered, started, system, timeline } = row as FateRow
  if (system !== trace.system || timeline < trace.timeline || timeline > trace.timeline + 1) return 'unknown'
  const isSameLife = started === trace.started
  if (!isSameLife && recovered !== null && lsnOf(recovered) < trace.written) return 'aborted'
  // Promoted without a recovery that it knows of: nobody can tell how far it came.
  if (timeline !== trace.timeline && recovered === null) return 'unknown'
  if (status === 'in progress' || status === 'not ended') return isSameLife ? 'open' : 'aborted'
  return status ?? 'unknown'
}

export const fates: Fates<Trace> = {
  traceQuery: TRACE_QUERY,
  traceOf,
  valuesOf: ({ xid }) => (xid === undefined ? undefined : [xid]),
  fateQuery: FATE_QUERY,
  fateOf,
}
