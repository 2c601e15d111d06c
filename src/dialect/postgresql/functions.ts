import { BUILT_IN } from './built-in-functions.js'
import type { ReasonCode } from './reasons.js'

/** Built-in functions that write, act on the server, or mean something only on the primary. By reason. */
const ON_PRIMARY: readonly (readonly [ReasonCode, string])[] = [
  // Sequences: a replica cannot advance one.
  ['primary-function', 'nextval setval pg_nextoid pg_get_sequence_data'],
  // Transaction ids are given by the primary.
  [
    'primary-function',
    'txid_current pg_current_xact_id txid_status pg_xact_status pg_last_committed_xact pg_xact_commit_timestamp pg_xact_commit_timestamp_origin pg_export_snapshot',
  ],
  // Positions of the primary's log; a replica refuses them.
  [
    'primary-function',
    'pg_current_wal_lsn pg_current_wal_insert_lsn pg_current_wal_flush_lsn pg_walfile_name pg_walfile_name_offset pg_switch_wal pg_create_restore_point pg_backup_start pg_backup_stop pg_start_backup pg_stop_backup pg_is_in_backup pg_backup_start_time pg_logical_emit_message pg_log_standby_snapshot',
  ],
  // Large objects: writing, and descriptors that live in one transaction.
  [
    'primary-function',
    'lo_creat lo_create lo_export lo_from_bytea lo_import lo_put lo_unlink lo_truncate lo_truncate64 lowrite lo_open lo_close loread lo_lseek lo_lseek64 lo_tell lo_tell64',
  ],
  // Replication slots and origins.
  [
    'primary-function',
    'pg_create_physical_replication_slot pg_create_logical_replication_slot pg_copy_physical_replication_slot pg_copy_logical_replication_slot pg_drop_replication_slot pg_replication_slot_advance pg_logical_slot_get_changes pg_logical_slot_get_binary_changes pg_logical_slot_peek_changes pg_logical_slot_peek_binary_changes pg_sync_replication_slots pg_replication_origin_create pg_replication_origin_drop pg_replication_origin_advance pg_replication_origin_progress pg_replication_origin_session_setup pg_replication_origin_session_reset pg_replication_origin_session_is_setup pg_replication_origin_session_progress pg_replication_origin_xact_setup pg_replication_origin_xact_reset pg_show_replication_origin_status pg_get_replication_slots pg_replication_origin_oid',
  ],
  // Index and statistics maintenance.
  [
    'primary-function',
    'brin_summarize_new_values brin_summarize_range brin_desummarize_range gin_clean_pending_list pg_import_system_collations pg_clear_attribute_stats pg_clear_relation_stats pg_restore_attribute_stats pg_restore_relation_stats pg_extension_config_dump pg_stop_making_pinned_objects amvalidate plpgsql_validator',
  ],
  // Run SQL that is handed to them as text, or read a cursor.
  [
    'primary-function',
    'query_to_xml query_to_xml_and_xmlschema query_to_xmlschema cursor_to_xml cursor_to_xmlschema ts_stat ts_rewrite',
  ],
  ['notify', 'pg_notify pg_notification_queue_usage'],
  // Act on, or report about, the one server they run on: succeed on a replica and mean nothing there.
  [
    'primary-function',
    'pg_promote pg_reload_conf pg_rotate_logfile pg_rotate_logfile_old pg_log_backend_memory_contexts pg_wal_replay_pause pg_wal_replay_resume pg_blocking_pids pg_safe_snapshot_blocking_pids pg_isolation_test_session_is_blocked pg_prepared_xact pg_current_logfile pg_ls_dir pg_ls_logdir pg_ls_waldir pg_ls_tmpdir pg_ls_archive_statusdir pg_ls_logicalmapdir pg_ls_logicalsnapdir pg_ls_replslotdir pg_ls_summariesdir pg_read_file pg_read_file_old pg_read_binary_file pg_stat_file pg_hba_file_rules pg_ident_file_mappings pg_show_all_file_settings pg_control_checkpoint pg_control_init pg_control_recovery pg_control_system pg_get_backend_memory_contexts pg_get_shmem_allocations pg_get_shmem_allocations_numa pg_get_aios pg_get_loaded_modules pg_get_wal_summarizer_state pg_available_wal_summaries pg_wal_summary_contents pg_get_process_memory_contexts',
  ],
  ['server-statistics', 'pg_lock_status pg_stat_force_next_flush pg_stat_clear_snapshot pg_stat_have_stats'],
]

/** Their lock or answer lives in the session that asked. Transaction-level locks end by themselves. */
const SESSION_LOCKS = 'pg_advisory_lock pg_advisory_lock_shared pg_try_advisory_lock pg_try_advisory_lock_shared'
const TRANSACTION_LOCKS =
  'pg_advisory_xact_lock pg_advisory_xact_lock_shared pg_try_advisory_xact_lock pg_try_advisory_xact_lock_shared'
const UNLOCKS = 'pg_advisory_unlock pg_advisory_unlock_shared pg_advisory_unlock_all'

/** What a call of this built-in function means for routing. */
export interface KnownFunction {
  readonly reason: ReasonCode
  /** What it does besides. */
  readonly does:
    | 'nothing'
    | 'lock'
    | 'unlock'
    | 'keep-connection'
    | 'keep-connection-anywhere'
    | 'set-config'
    | 'signal-backend'
}

const known = new Map<string, KnownFunction>()

function add(names: string, reason: ReasonCode, does: KnownFunction['does']): void {
  for (const name of names.split(' ')) known.set(name, { reason, does })
}

for (const [reason, names] of ON_PRIMARY) add(names, reason, 'nothing')
add(SESSION_LOCKS, 'advisory-lock', 'lock')
add(TRANSACTION_LOCKS, 'advisory-lock', 'nothing')
add(UNLOCKS, 'advisory-lock', 'unlock')
add('currval lastval', 'session-function', 'keep-connection')
add('pg_backend_pid pg_my_temp_schema setseed', 'session-function', 'keep-connection-anywhere')
add('set_config', 'setting', 'set-config')
add('pg_cancel_backend pg_terminate_backend', 'primary-function', 'signal-backend')

/** What routing must know of this built-in function; `harmless` for the rest of them; `undefined` if it is not one. */
export function builtIn(name: string): KnownFunction | 'harmless' | undefined {
  const found = known.get(name)
  if (found !== undefined) return found
  if (name.startsWith('pg_stat_get_')) return STATISTICS
  if (name.startsWith('pg_stat_reset') || name.startsWith('binary_upgrade_')) return ADMINISTRATION
  return BUILT_IN.has(name) || GRAMMAR.has(name) ? 'harmless' : undefined
}

/** Calls that the grammar knows by itself, so that no catalogue lists them. */
const GRAMMAR: ReadonlySet<string> = new Set(['current_time', 'current_timestamp', 'localtime', 'localtimestamp'])

const STATISTICS: KnownFunction = { reason: 'server-statistics', does: 'nothing' }
const ADMINISTRATION: KnownFunction = { reason: 'primary-function', does: 'nothing' }

/** Views over what one server keeps in its own memory: a replica would answer about itself. */
export function isServerStatistics(relation: string): boolean {
  const name = relation.startsWith('pg_catalog.') ? relation.slice('pg_catalog.'.length) : relation
  return name.startsWith('pg_stat')
    ? name !== 'pg_statistic' &&
        !name.startsWith('pg_statistic_ext') &&
        name !== 'pg_stats' &&
        !name.startsWith('pg_stats_ext')
    : SERVER_VIEWS.has(name)
}

const SERVER_VIEWS: ReadonlySet<string> = new Set([
  'pg_locks',
  'pg_prepared_xacts',
  'pg_replication_slots',
  'pg_replication_origin_status',
  'pg_prepared_statements',
  'pg_cursors',
  'pg_hba_file_rules',
  'pg_ident_file_mappings',
  'pg_file_settings',
  'pg_shmem_allocations',
  'pg_shmem_allocations_numa',
  'pg_backend_memory_contexts',
  'pg_aios',
])
