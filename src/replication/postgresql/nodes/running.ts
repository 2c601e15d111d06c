import type { NodeState, Receiver, RunningPrimary, RunningStandby, Sender, Slot } from './node-state.js'

/** Numbers of 64 bits come as text. */
export interface RunningRow {
  readonly isStandby: boolean
  readonly version: string
  readonly timeline: number
  readonly clients: number
  readonly position: string | null
  readonly received: string | null
  readonly replayed: string | null
  readonly isPaused: boolean | null
  readonly lastCommitAgeMs: number | null
  readonly receiver: (Omit<Receiver, 'told'> & { readonly told: string | null }) | null
  readonly senders: readonly Sender[] | null
  readonly databases: readonly string[]
  readonly roles: readonly string[]
  readonly settings: Readonly<Record<string, string>>
  readonly slots: readonly (Omit<Slot, 'status'> & { readonly status: string | null })[] | null
}

/** Settings that only a restart changes, of those that we write: whether one is needed is seen by them. */
export const RESTARTS = [
  ...['listen_addresses', 'wal_level', 'max_wal_senders', 'max_replication_slots', 'wal_log_hints', 'hot_standby'],
  ...['max_connections', 'max_worker_processes', 'max_prepared_transactions', 'max_locks_per_transaction'],
] as const
const ASKED = [...RESTARTS, 'data_checksums', 'ssl'].map((it) => `'${it}'`).join(', ')

/**
 * One row about a server that runs, from 14 on. A primary's timeline is that of the file it writes to; a standby's that of the
 * newest file it has: what it says of its last restart point may be long past.
 */
export const RUNNING = `
with its as materialized (
  select pg_is_in_recovery() as standby,
    case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_flush_lsn() end as lsn)
select
  its.standby as "isStandby",
  split_part(current_setting('server_version'), ' ', 1) as version,
  case when its.standby
    then (select max(('x' || substr(name, 1, 8))::bit(32)::int) from pg_ls_waldir() where name ~ '^[0-9A-F]{24}$')
    else ('x' || substr(pg_walfile_name(its.lsn), 1, 8))::bit(32)::int end as timeline,
  (select count(*)::int from pg_stat_activity
    where backend_type = 'client backend' and application_name not in ('sluice', 'psql')) as clients,
  case when not its.standby then (its.lsn - '0/0')::text end as position,
  case when its.standby then (greatest(pg_last_wal_receive_lsn(), its.lsn) - '0/0')::text end as received,
  case when its.standby then (its.lsn - '0/0')::text end as replayed,
  case when its.standby then pg_is_wal_replay_paused() end as "isPaused",
  case when its.standby
    then (extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp()) * 1000)::float8 end as "lastCommitAgeMs",
  (select json_build_object(
      'host', coalesce(sender_host, ''), 'port', sender_port, 'isStreaming', status = 'streaming', 'told', (latest_end_lsn - '0/0')::text,
      'silentMs', (extract(epoch from clock_timestamp() - last_msg_receipt_time) * 1000)::float8)
    from pg_stat_wal_receiver) as receiver,
  (select json_agg(json_build_object('name', application_name, 'state', state, 'sync', sync_state)
      order by application_name) from pg_stat_replication) as senders,
  (select json_agg(datname) from pg_database where datallowconn) as databases,
  (select json_agg(rolname) from pg_roles where rolcanlogin) as roles,
  (select json_object_agg(name, setting) from pg_settings where name in (${ASKED})) as settings,
  (select json_agg(json_build_object('name', slot_name, 'isActive', active, 'status', wal_status,
      'keptBytes', greatest(0, coalesce(its.lsn - restart_lsn, 0))::float8) order by slot_name)
    from pg_replication_slots where slot_type = 'physical') as slots
from its`

export function readRunning(
  row: RunningRow,
): Omit<RunningPrimary, 'control' | 'files'> | Omit<RunningStandby, 'control' | 'files'> {
  const { timeline, version, clients, settings } = row
  const slots = (row.slots ?? []).map((it) => ({ ...it, status: it.status ?? undefined }))
  const running = { timeline, version, clients, settings, slots }
  if (!row.isStandby) {
    const { databases, roles, senders } = row
    return { ...running, is: 'primary', position: lsnOf(row.position), senders: senders ?? [], databases, roles }
  }
  const { receiver } = row
  return {
    ...running,
    is: 'standby',
    received: lsnOf(row.received),
    replayed: lsnOf(row.replayed),
    isPaused: row.isPaused ?? false,
    lastCommitAgeMs: row.lastCommitAgeMs ?? undefined,
    receiver: receiver === null ? undefined : { ...receiver, told: lsnOf(receiver.told) },
  } satisfies Omit<NodeState & { is: 'standby' }, 'control' | 'files'>
}

function lsnOf(text: string | null): bigint {
  return BigInt(text ?? '0')
}
