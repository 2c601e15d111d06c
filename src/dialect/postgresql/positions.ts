import type { NodeStatus } from '../../model/node-status.js'
import type { Position } from '../../model/position.js'

/**
 * One row: what the server is and where it stands. Any role may ask it.
 *
 * The timeline of a standby is the newest that one of these vouches for: what it receives (only for members of
 * `pg_read_all_stats`), its last restart point, its recovery. It may be told late, never early.
 *
 * @see https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-RECOVERY-CONTROL
 * @see https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-PG-CONTROL
 */
export const STATUS_QUERY = `select pg_catalog.pg_is_in_recovery() as in_recovery,
  case when pg_catalog.pg_is_in_recovery() then null else pg_catalog.pg_current_wal_insert_lsn() end::text as written,
  pg_catalog.pg_last_wal_replay_lsn()::text as replayed,
  case when pg_catalog.pg_is_in_recovery() then greatest(
      (select received_tli from pg_catalog.pg_stat_wal_receiver),
      (select timeline_id from pg_catalog.pg_control_checkpoint()),
      (select min_recovery_end_timeline from pg_catalog.pg_control_recovery()))
    else ('x' || substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 1, 8))::bit(32)::int
  end as timeline,
  (select system_identifier from pg_catalog.pg_control_system())::text as system,
  exists (select from pg_catalog.pg_stat_wal_receiver) as receiving,
  (select received_tli from pg_catalog.pg_stat_wal_receiver) as receives,
  pg_catalog.current_setting('default_transaction_read_only') = 'on' as read_only,
  pg_catalog.current_setting('synchronous_standby_names') <> '' as synchronous,
  pg_catalog.pg_postmaster_start_time()::text as started,
  pg_catalog.current_setting('wal_block_size')::int as block,
  pg_catalog.pg_size_bytes(pg_catalog.current_setting('wal_segment_size'))::int as segment`

interface StatusRow {
  readonly in_recovery: boolean
  readonly written: string | null
  readonly replayed: string | null
  readonly timeline: number | null
  readonly system: string | null
  readonly receiving: boolean
  readonly receives: number | null
  readonly read_only: boolean
  readonly synchronous: boolean
  readonly started: string | null
  readonly block: number
  readonly segment: number
}

export function statusOf(row: unknown): NodeStatus {
  const {
    in_recovery: isReplica,
    written,
    replayed,
    timeline,
    system,
    started,
    block,
    segment,
    ...rest
  } = row as StatusRow
  const lsn = isReplica ? replayed : written
  const at = lsn === null ? undefined : isReplica ? lsnOf(lsn) : endOfRecords(lsnOf(lsn), block, segment)
  const isKnown = at !== undefined && timeline !== null && system !== null
  return {
    role: isReplica ? 'replica' : 'primary',
    position: isKnown ? { system, timeline: Number(timeline), lsn: at } : undefined,
    startedAt: started ?? undefined,
    isReceiving: isReplica ? rest.receiving : undefined,
    receivedTimeline: isReplica ? (rest.receives ?? undefined) : undefined,
    isReadOnly: rest.read_only,
    isSynchronous: !isReplica && rest.synchronous,
    recoveredTo: isReplica || replayed === null ? undefined : lsnOf(replayed),
  }
}

/** The part of it that changes all the time: three times as fast. */
export const POSITION_QUERY = `select pg_catalog.pg_is_in_recovery() as in_recovery,
  case when pg_catalog.pg_is_in_recovery() then pg_catalog.pg_last_wal_replay_lsn()
    else pg_catalog.pg_current_wal_insert_lsn() end::text as lsn,
  pg_catalog.current_setting('wal_block_size')::int as block,
  pg_catalog.pg_size_bytes(pg_catalog.current_setting('wal_segment_size'))::int as segment`

/** A replica may have gone to a newer timeline since `last`: it is told late, never early. */
export function positionOf(row: unknown, last: NodeStatus): Position | undefined {
  const { in_recovery: isReplica, lsn, block, segment } = row as PositionRow
  if (isReplica !== (last.role === 'replica') || last.position === undefined || lsn === null) return undefined
  return { ...last.position, lsn: isReplica ? lsnOf(lsn) : endOfRecords(lsnOf(lsn), block, segment) }
}

interface PositionRow {
  readonly in_recovery: boolean
  readonly lsn: string | null
  readonly block: number
  readonly segment: number
}

/** `0/1A2B3C8`, as the server writes it. */
export function lsnOf(text: string): bigint {
  const [high = '', low = ''] = text.split('/')
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`)
}

/** Of a page of WAL, and of the first page of a segment. @see src/include/access/xlog_internal.h of PostgreSQL. */
const PAGE_HEADER = 24n
const SEGMENT_HEADER = 40n

/**
 * Where the last record ends. When that is the very end of a page, the server names the place behind the next page's
 * header instead, which a standby reaches only with the next record; it may not come for hours.
 *
 * A record that goes on behind a header covers at least eight bytes there, so these two places are never its end, but
 * for 40 bytes into a page that does not begin a segment.
 */
export function endOfRecords(lsn: bigint, blockBytes: number, segmentBytes: number): bigint {
  if (lsn % BigInt(blockBytes) === PAGE_HEADER) return lsn - PAGE_HEADER
  return lsn % BigInt(segmentBytes) === SEGMENT_HEADER ? lsn - SEGMENT_HEADER : lsn
}
