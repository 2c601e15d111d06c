import { LOG_LINE_PREFIX } from './statement-log.js'

/** What a node's configuration depends on. */
export interface NodeSettings {
  readonly name: string
  /** Where this node would find its upstream, if it is a standby. */
  readonly upstreamPort: number
  readonly replicationPassword: string
  readonly slot: string
  /** The user's own, which win. */
  readonly settings: Readonly<Record<string, string>>
}

/** Settings as a careful operator would choose them, but for durability: a test's data may go with the machine. */
const PRODUCTION_LIKE: Readonly<Record<string, string>> = {
  wal_level: 'replica',
  max_wal_senders: '12',
  max_replication_slots: '12',
  max_connections: '100',
  max_wal_size: '1GB',
  wal_keep_size: '128MB',
  max_slot_wal_keep_size: '512MB',
  hot_standby_feedback: 'on',
  wal_log_hints: 'on',
  wal_receiver_status_interval: '1s',
  // The default of 5 s would make every reconnection of a standby look like trouble.
  wal_retrieve_retry_interval: '100ms',
  wal_sender_timeout: '10s',
  wal_receiver_timeout: '10s',
  shared_buffers: '16MB',
  // Files in the data directory: what a killed server leaves in /dev/shm would stay for ever.
  dynamic_shared_memory_type: 'mmap',
  fsync: 'off',
  timezone: 'UTC',
}

/** What the cluster lives by: where a node listens, how it knows its users, and what its log must say. */
const OURS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  hot_standby: 'on',
  password_encryption: 'scram-sha-256',
  log_destination: 'stderr',
  logging_collector: 'off',
  log_statement: 'all',
  log_line_prefix: LOG_LINE_PREFIX,
  log_error_verbosity: 'default',
  log_min_messages: 'warning',
  log_timezone: 'UTC',
  lc_messages: 'C',
}

/** Settings that options may not change. */
export const RESERVED_SETTINGS: ReadonlySet<string> = new Set([
  ...Object.keys(OURS),
  'port',
  'cluster_name',
  'primary_conninfo',
  'primary_slot_name',
  'data_directory',
  'hba_file',
  'external_pid_file',
])

/** The name of the file in the data directory, included at the end of `postgresql.conf`. */
export const SETTINGS_FILE = 'sluice.conf'

/** The node's own settings, as text of a configuration file. */
export function settingsText(node: NodeSettings): string {
  const conninfo =
    `host=127.0.0.1 port=${node.upstreamPort} user=replicator password=${node.replicationPassword} ` +
    `application_name=${node.name} sslmode=disable`
  const own = { cluster_name: node.name, primary_conninfo: conninfo, primary_slot_name: node.slot }
  return Object.entries({ ...PRODUCTION_LIKE, ...node.settings, ...OURS, ...own })
    .map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`)
    .join('')
}

/** Passwords for everybody, from this machine only; replication for its own role only. */
export const HBA_TEXT = `# TYPE  DATABASE     USER        ADDRESS       METHOD
host    replication  replicator  127.0.0.1/32  scram-sha-256
host    all          replicator  127.0.0.1/32  reject
host    all          all         127.0.0.1/32  scram-sha-256
`

/** A replication slot's name: lower case, digits and underscores. */
export function slotOf(node: string): string {
  return node.toLowerCase().replaceAll(/[^a-z0-9_]/g, '_')
}
