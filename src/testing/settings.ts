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
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  wal_level: 'replica',
  max_wal_senders: '10',
  max_replication_slots: '10',
  max_connections: '100',
  wal_keep_size: '128MB',
  max_slot_wal_keep_size: '512MB',
  hot_standby: 'on',
  hot_standby_feedback: 'on',
  wal_log_hints: 'on',
  wal_receiver_status_interval: '1s',
  wal_retrieve_retry_interval: '100ms',
  wal_sender_timeout: '10s',
  wal_receiver_timeout: '10s',
  password_encryption: 'scram-sha-256',
  shared_buffers: '16MB',
  fsync: 'off',
  log_statement: 'all',
  log_line_prefix: LOG_LINE_PREFIX,
  log_min_messages: 'log',
  timezone: 'UTC',
  log_timezone: 'UTC',
}

/** The node's own file of settings, included last. */
export function settingsFile(node: NodeSettings): string {
  const conninfo =
    `host=127.0.0.1 port=${node.upstreamPort} user=replicator password=${node.replicationPassword} ` +
    `application_name=${node.slot} sslmode=disable`
  const own = { cluster_name: node.name, primary_conninfo: conninfo, primary_slot_name: node.slot }
  return Object.entries({ ...PRODUCTION_LIKE, ...own, ...node.settings })
    .map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`)
    .join('')
}

/** Passwords for everybody, from this machine only; replication for its own role only. */
export const HBA_FILE = `# TYPE  DATABASE     USER        ADDRESS       METHOD
host    replication  replicator  127.0.0.1/32  scram-sha-256
host    all          replicator  127.0.0.1/32  reject
host    all          all         127.0.0.1/32  scram-sha-256
`

/** A replication slot's name: lower case, digits and underscores. */
export function slotOf(node: string): string {
  return node.toLowerCase().replaceAll(/[^a-z0-9_]/g, '_')
}
