import type { Snapshot } from '../../model/snapshot.js'

/**
 * Of a primary: which transactions others do not see yet. A commit that waits for a synchronous standby is among them,
 * though standbys may have replayed it.
 *
 * @see https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-PG-SNAPSHOT
 */
export const SNAPSHOT_QUERY = 'select pg_catalog.pg_current_snapshot()::text as snapshot'

/** `10:20:10,14,15`: xmin, xmax, and those between them that run. */
export function snapshotOf(row: unknown): Snapshot {
  const { snapshot } = row as { snapshot: string }
  const [, end = '', running = ''] = snapshot.split(':')
  const ids = running === '' ? [] : running.split(',')
  return { end: BigInt(end), running: new Set(ids.map(BigInt)) }
}

/**
 * Of a standby: which of those transactions it shows. Its own snapshot tells only how far its knowledge reaches (beyond
 * that, `pg_xact_status` is an error): in recovery it does not list those that run.
 */
export function committedQuery({ end, running }: Snapshot): string {
  return `select id::text from (select pg_catalog.unnest('{${[...running].join(',')}}'::bigint[])
      union all select pg_catalog.generate_series(${end}::bigint, horizon - 1)) as candidates(id)
  where case when id < horizon then pg_catalog.pg_xact_status(id::text::xid8) end = 'committed'`.replaceAll(
    'horizon',
    'pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text::bigint',
  )
}

export function committedOf(rows: readonly unknown[]): readonly bigint[] {
  return rows.map((row) => BigInt((row as { id: string }).id))
}

/**
 * Of a primary: the numbers of all transactions that have not ended for others, those too that its snapshot is too old to
 * name. Each has a lock on its own number until others see it, which any role may look at.
 *
 * @see https://www.postgresql.org/docs/current/view-pg-locks.html
 */
export const UNFINISHED_QUERY = `select distinct transactionid::text as id from pg_catalog.pg_locks
  where locktype = 'transactionid' and mode = 'ExclusiveLock' and granted`

/** The lock has the lower half of the number: the upper is that of the nearest number to the snapshot's. */
export function unfinishedOf(rows: readonly unknown[], { end }: Snapshot): readonly bigint[] {
  return rows.map((row) => end + BigInt.asIntN(32, BigInt((row as { id: string }).id) - end))
}
