import type { Strength } from './finding.js'
import { PRIMARY_READ, SESSION } from './finding.js'
import type { ReasonCode } from './reasons.js'

/** What reading a relation asks for, whatever the statement. */
export interface RelationNeed {
  readonly strength: Strength
  readonly reason: ReasonCode
}

const STATISTICS: RelationNeed = { strength: PRIMARY_READ, reason: 'server-statistics' }
const TEMPORARY: RelationNeed = { strength: SESSION, reason: 'temporary-object' }

/** Views over what one server keeps for itself: a replica would answer about itself. */
const SERVER_VIEWS: ReadonlySet<string> = new Set([
  'pg_aios',
  'pg_backend_memory_contexts',
  'pg_cursors',
  'pg_file_settings',
  'pg_hba_file_rules',
  'pg_ident_file_mappings',
  'pg_locks',
  'pg_prepared_statements',
  'pg_prepared_xacts',
  'pg_replication_origin_status',
  'pg_replication_slots',
  'pg_shmem_allocations',
  'pg_shmem_allocations_numa',
])

/** Names like those of statistics views; these are of the catalogue, and replicated. */
const STORED_STATISTICS: readonly string[] = ['pg_statistic', 'pg_stats']

/** @param name as `nameIn` gives it. @returns `undefined` for a relation like any other. */
export function relationNeed(name: string): RelationNeed | undefined {
  if (!name.startsWith('pg_')) return undefined
  if (name.startsWith('pg_temp')) return isTemporarySchema(name) ? TEMPORARY : undefined
  const local = name.startsWith('pg_catalog.') ? name.slice('pg_catalog.'.length) : name
  if (SERVER_VIEWS.has(local)) return STATISTICS
  if (!local.startsWith('pg_stat')) return undefined
  return STORED_STATISTICS.some((it) => local === it || local.startsWith(`${it}_ext`)) ? undefined : STATISTICS
}

/** `pg_temp.t`, and `pg_temp_3.t`, which is what the server calls it. */
export function isTemporarySchema(name: string): boolean {
  return name.startsWith('pg_temp.') || (name.startsWith('pg_temp_') && name.includes('.'))
}
