/** Settings that checks look at. Some are for superusers and `pg_read_all_settings` only: they are missing otherwise. */
const SETTINGS = [
  ...['max_connections', 'max_worker_processes', 'max_wal_senders', 'max_prepared_transactions'],
  ...['max_locks_per_transaction', 'max_replication_slots', 'max_slot_wal_keep_size', 'max_standby_streaming_delay'],
  ...['hot_standby', 'hot_standby_feedback', 'wal_level', 'wal_log_hints', 'data_checksums', 'fsync'],
  ...['full_page_writes', 'synchronous_commit', 'synchronous_standby_names', 'wal_sender_timeout'],
  ...['wal_receiver_timeout', 'archive_mode', 'archive_command', 'archive_library', 'password_encryption'],
  ...['primary_conninfo', 'primary_slot_name', 'autovacuum', 'shared_preload_libraries'],
]

/** One row, which every role may see. From 14 on. */
export const CORE = `
select
  pg_is_in_recovery() as "isStandby",
  current_setting('server_version_num')::int as version,
  (select system_identifier::text from pg_control_system()) as system,
  case when pg_is_in_recovery() then (select timeline_id from pg_control_checkpoint())
    else ('x' || substr(pg_walfile_name(pg_current_wal_flush_lsn()), 1, 8))::bit(32)::int end as timeline,
  ((case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_flush_lsn() end) - '0/0')::text
    as position,
  case when pg_is_in_recovery() then pg_is_wal_replay_paused() else false end as "isPaused",
  (select json_object_agg(name, setting) from pg_settings
    where name in (${SETTINGS.map((it) => `'${it}'`).join(', ')})) as settings,
  (select coalesce(json_agg(name order by name), '[]') from pg_settings where pending_restart) as "pendingRestart",
  (select json_build_object('name', rolname, 'isSuperuser', rolsuper) from pg_roles where rolname = current_user)
    as role,
  pg_has_role(current_user, 'pg_monitor', 'member') as "isMonitor",
  (extract(epoch from clock_timestamp()) * 1000)::float8 as "nowMs",
  (select coalesce(json_agg(json_build_object('name', datname, 'age', age(datfrozenxid)::float8,
      'checksumFailures', coalesce((select checksum_failures from pg_stat_database s where s.datid = d.oid), 0)::float8,
      'conflicts', coalesce((select conflicts from pg_stat_database s where s.datid = d.oid), 0)::float8)), '[]')
    from pg_database d) as databases,
  (select json_build_object('isFailing', coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false),
      'lastFailed', last_failed_wal) from pg_stat_archiver) as archiver,
  (select count(*)::int from pg_stat_activity where backend_type = 'client backend') as connections,
  (select json_build_object('seconds', extract(epoch from clock_timestamp() - prepared)::float8, 'name', gid)
    from pg_prepared_xacts order by prepared limit 1) as "oldestPrepared",
  (select coalesce(json_agg(oid::regclass::text), '[]') from pg_class where relpersistence = 'u' and relkind = 'r')
    as unlogged,
  (select coalesce(json_agg(json_build_object('name', slot_name, 'isPhysical', slot_type = 'physical',
      'isActive', active, 'status', wal_status, 'pinsRows', xmin is not null or catalog_xmin is not null,
      'keptBytes', greatest(0, coalesce((case when pg_is_in_recovery() then pg_last_wal_replay_lsn()
        else pg_current_wal_flush_lsn() end) - restart_lsn, 0))::float8) order by slot_name), '[]')
    from pg_replication_slots) as slots`

/** For roles with `pg_monitor`: others see rows with nothing in them. */
export const MONITOR = `
select
  (select coalesce(json_agg(json_build_object('name', application_name, 'role', usename,
      'isSuperuser', coalesce((select rolsuper from pg_roles r where r.oid = usesysid), false),
      'address', host(client_addr), 'isEncrypted', s.ssl, 'sync', sync_state) order by application_name), '[]')
    from pg_stat_replication r left join pg_stat_ssl s using (pid)) as senders,
  (select json_build_object('timeline', received_tli,
      'silentSeconds', extract(epoch from clock_timestamp() - last_msg_receipt_time)::float8)
    from pg_stat_wal_receiver) as receiver,
  (select json_build_object('seconds', extract(epoch from clock_timestamp() - xact_start)::float8,
      'who', coalesce(usename, '') || ' on ' || coalesce(datname, '') || ', process ' || pid || ', ' || coalesce(state, ''))
    from pg_stat_activity where xact_start is not null and backend_type = 'client backend' and pid <> pg_backend_pid()
    order by xact_start limit 1) as "oldestTransaction"`

/** For superusers, unless it was granted. */
export const HBA = `
select line_number as line, type, database as databases, user_name as users, address, auth_method as method
from pg_hba_file_rules where error is null order by line_number`
