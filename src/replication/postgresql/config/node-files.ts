import type { LayoutPaths } from '../layouts/layout.js'

/** Where its peers find a node. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** Who streams, and nothing else. */
export const REPLICATION_ROLE = 'replicator'

/** What makes a node itself. */
export interface NodeConfig {
  readonly name: string
  readonly address: Address
  readonly paths: Pick<LayoutPaths, 'hbaFile' | 'passFile'>
  /** Whom it follows; `undefined`: nobody, it is the primary. */
  readonly upstream: Address | undefined
  /** Names of the other nodes. */
  readonly peers: readonly string[]
  /** Standbys that must have a commit before it is acknowledged. 0: none. */
  readonly synchronous: number
  readonly replicationPassword: string
}

/** A file of a node, as it should be. */
export interface NodeFile {
  readonly path: string
  readonly text: string
}

/** WAL kept for standbys that are away, however long they are. A slot must not fill the disk. */
const KEPT_WAL = '1GB'

/** The settings of a node that all nodes of a local cluster have. Units are the server's. */
const COMMON: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  wal_level: 'replica',
  max_wal_senders: '10',
  max_replication_slots: '10',
  max_slot_wal_keep_size: KEPT_WAL,
  hot_standby: 'on',
  // Without it, a query on a standby is cancelled when the primary removes rows that it still sees.
  hot_standby_feedback: 'on',
  wal_log_hints: 'on',
  password_encryption: 'scram-sha-256',
  // Whoever is silent for longer is taken for gone; the server's own minute is long for people who wait.
  wal_sender_timeout: '10s',
  wal_receiver_timeout: '10s',
  wal_receiver_status_interval: '1s',
  wal_retrieve_retry_interval: '1s',
  log_destination: 'stderr',
  logging_collector: 'off',
  log_line_prefix: '%m [%p] %q%u@%d ',
  log_replication_commands: 'on',
  lc_messages: 'C',
}

/** `sluice.conf`, which `postgresql.conf` includes. @see docs/replication.md for each setting. */
export function settingsText(node: NodeConfig): string {
  const { name, address, paths, upstream, peers, synchronous } = node
  const own: Record<string, string> = {
    port: String(address.port),
    cluster_name: name,
    hba_file: paths.hbaFile,
    synchronous_standby_names: synchronous === 0 ? '' : `ANY ${synchronous} (${peers.map(quoteName).join(', ')})`,
  }
  if (upstream !== undefined) {
    own['primary_conninfo'] = conninfo(upstream, { application_name: name, passfile: paths.passFile })
    own['primary_slot_name'] = slotOf(name)
  }
  const lines = Object.entries({ ...COMMON, ...own }).map(([key, value]) => `${key} = ${quoteValue(value)}\n`)
  return `# Written by sluice, which writes it again: change it by its commands.\n${lines.join('')}`
}

/** How `replicator` reaches a server. Without a password: that is in the passfile. */
export function conninfo({ host, port }: Address, more: Readonly<Record<string, string>> = {}): string {
  const parts = { host, port: String(port), user: REPLICATION_ROLE, connect_timeout: '5', ...more }
  return Object.entries(parts)
    .map(([key, value]) => `${key}=${/^[\w./-]+$/.test(value) ? value : `'${value.replaceAll(/['\\]/g, '\\$&')}'`}`)
    .join(' ')
}

/** Everybody needs a password; whoever replicates, and rewinds, sees no application's data by the way. */
export function hbaText(): string {
  const line = (...fields: readonly string[]) =>
    fields
      .map((it) => it.padEnd(14))
      .join('')
      .trimEnd()
  return `${[
    '# Written by sluice, which writes it again.',
    line('# TYPE', 'DATABASE', 'USER', 'ADDRESS', 'METHOD'),
    line('host', 'replication', REPLICATION_ROLE, '127.0.0.1/32', 'scram-sha-256'),
    line('host', 'postgres', REPLICATION_ROLE, '127.0.0.1/32', 'scram-sha-256'),
    line('host', 'all', REPLICATION_ROLE, '127.0.0.1/32', 'reject'),
    line('host', 'all', 'all', '127.0.0.1/32', 'scram-sha-256'),
  ].join('\n')}\n`
}

/** @see https://www.postgresql.org/docs/current/libpq-pgpass.html */
export function passFileText(password: string): string {
  return `*:*:*:${REPLICATION_ROLE}:${password.replaceAll(/[:\\]/g, '\\$&')}\n`
}

/** A replication slot's name: lower case, digits and underscores. */
export function slotOf(node: string): string {
  return node.toLowerCase().replaceAll(/[^a-z0-9_]/g, '_')
}

function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

function quoteValue(value: string): string {
  return `'${value.replaceAll("'", "''")}'`
}
