import { type Address, type HbaLine, type NodeConfig, REPLICATION_ROLE, slotOf } from './node-config.js'

/** What all nodes have. Units are the server's. @see docs/replication.md for each. */
const COMMON: Readonly<Record<string, string>> = {
  wal_level: 'replica',
  max_wal_senders: '10',
  max_replication_slots: '10',
  hot_standby: 'on',
  // Without it, a query on a standby is cancelled when the primary removes rows that it still sees.
  hot_standby_feedback: 'on',
  password_encryption: 'scram-sha-256',
  // Whoever is silent for longer is taken for gone; the server's own minute is long for people who wait.
  wal_sender_timeout: '10s',
  wal_receiver_timeout: '10s',
  wal_receiver_status_interval: '1s',
  wal_retrieve_retry_interval: '1s',
  log_replication_commands: 'on',
}

/** Everything that stands in a node's own settings, in order. */
export function settingsOf(config: NodeConfig): Readonly<Record<string, string>> {
  const { name, upstream, sslMode, passFile, delay } = config
  const all: Record<string, string> = {
    ...COMMON,
    ...config.settings,
    synchronous_standby_names: config.synchronousNames,
  }
  if (upstream === undefined) return all
  // `prefer` is libpq's own.
  const ssl = sslMode === 'prefer' ? {} : { sslmode: sslMode }
  all['primary_conninfo'] = conninfo(upstream, { application_name: name, passfile: passFile, ...ssl })
  all['primary_slot_name'] = slotOf(name)
  if (delay !== undefined) all['recovery_min_apply_delay'] = delay
  return all
}

/** `sluice.conf`, which `postgresql.conf` includes. */
export function settingsText(config: NodeConfig): string {
  const lines = Object.entries(settingsOf(config)).map(([key, value]) => `${key} = ${quoteValue(value)}\n`)
  return `# Written by sluice, which writes it again: change it by its commands.\n${lines.join('')}`
}

/** What `settingsText` wrote. */
export function readSettings(text: string): Readonly<Record<string, string>> {
  const lines = text.split('\n').flatMap((line) => {
    const [, key, value] = /^(\w+) = '(.*)'$/.exec(line) ?? []
    return key === undefined || value === undefined ? [] : [[key, value.replaceAll("''", "'")] as const]
  })
  return Object.fromEntries(lines)
}

/** How `replicator` reaches a server. Without a password: that is in the passfile. */
export function conninfo({ host, port }: Address, more: Readonly<Record<string, string>> = {}): string {
  const parts = { host, port: String(port), user: REPLICATION_ROLE, connect_timeout: '5', ...more }
  return Object.entries(parts)
    .map(([key, value]) => `${key}=${/^[\w./-]+$/.test(value) ? value : `'${value.replaceAll(/['\\]/g, '\\$&')}'`}`)
    .join(' ')
}

const [BEGIN, END] = ['# sluice begins: written by it, and again at every change', '# sluice ends']

/** A `pg_hba.conf` that is all ours. */
export function hbaText(lines: readonly HbaLine[]): string {
  return `# Written by sluice, which writes it again.\n${hbaLines(lines)}`
}

/** Our lines in a `pg_hba.conf` that is not ours: before all others, for the first line that fits is the one that counts. */
export function hbaWithBlock(text: string, lines: readonly HbaLine[]): string {
  const kept = text.split('\n')
  const [from, to] = [kept.indexOf(BEGIN), kept.indexOf(END)]
  if (from >= 0 && to > from) kept.splice(from, to - from + 1)
  return `${BEGIN}\n${hbaLines(lines)}${END}\n${kept.join('\n')}`
}

/** @see https://www.postgresql.org/docs/current/libpq-pgpass.html */
export function passFileText(passwords: Readonly<Record<string, string>>): string {
  const escaped = (text: string) => text.replaceAll(/[:\\]/g, '\\$&')
  return Object.entries(passwords)
    .map(([role, password]) => `*:*:*:${escaped(role)}:${escaped(password)}\n`)
    .join('')
}

/** What `passFileText` wrote. */
export function readPassFile(text: string): Readonly<Record<string, string>> {
  const lines = text.split('\n').flatMap((line) => {
    const [, role, password] = /^\*:\*:\*:((?:[^:\\]|\\.)*):((?:[^:\\]|\\.)*)$/.exec(line) ?? []
    const plain = (it: string) => it.replaceAll(/\\(.)/g, '$1')
    return role === undefined || password === undefined ? [] : [[plain(role), plain(password)] as const]
  })
  return Object.fromEntries(lines)
}

function hbaLines(lines: readonly HbaLine[]): string {
  const rows = [
    ['# TYPE', 'DATABASE', 'USER', 'ADDRESS', 'METHOD'],
    ...lines.map(({ type, database, user, address, method }) => [
      type,
      quoteName(database),
      quoteName(user),
      address,
      method,
    ]),
  ]
  return rows.map((row) => `${row.map((it, at) => (at < row.length - 1 ? it.padEnd(15) : it)).join(' ')}\n`).join('')
}

/** What is in quotes is a name, also where it is spelt as a word of the file's own. */
function quoteName(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`
}

function quoteValue(value: string): string {
  return `'${value.replaceAll("'", "''")}'`
}
