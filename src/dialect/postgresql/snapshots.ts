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
