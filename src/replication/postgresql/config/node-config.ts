/** Where its peers find a node. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** Who streams, and nothing else. */
export const REPLICATION_ROLE = 'replicator'

/** One line of `pg_hba.conf`. @see https://www.postgresql.org/docs/current/auth-pg-hba-conf.html */
export interface HbaLine {
  readonly type: 'host' | 'hostssl'
  readonly database: string
  readonly user: string
  /** With its length: `10.0.0.11/32`. */
  readonly address: string
  readonly method: 'scram-sha-256' | 'reject'
}

/** What makes a node itself. */
export interface NodeConfig {
  readonly name: string
  /** Whom it follows; `undefined`: nobody, it is the primary. */
  readonly upstream: Address | undefined
  /** How it comes to whomever it follows. */
  readonly sslMode: 'prefer' | 'require'
  readonly passFile: string
  /** What the passfile holds: by role. */
  readonly passwords: Readonly<Record<string, string>>
  /** `synchronous_standby_names`: empty: none. */
  readonly synchronousNames: string
  /** How long a standby waits before it shows a commit, as the server takes it: `1h`. */
  readonly delay?: string | undefined
  /** What is the node's own, or its kind's: it wins over what all have. */
  readonly settings: Readonly<Record<string, string>>
  readonly access: readonly HbaLine[]
}

/** `ANY 1 ("db2", "db3")`: a commit waits for so many of them. */
export function anyOf(count: number, names: readonly string[]): string {
  if (count === 0 || names.length === 0) return ''
  return `ANY ${count} (${names.map((it) => `"${it.replaceAll('"', '""')}"`).join(', ')})`
}

/** A replication slot's name: lower case, digits and underscores. */
export function slotOf(node: string): string {
  return node.toLowerCase().replaceAll(/[^a-z0-9_]/g, '_')
}
