import type { Role } from '../../model/view.js'
import { markUndone } from './judge.js'
import type { PgClient, PgClientClass, PgPoolOptions } from './pg-types.js'

/** 'I' between transactions, 'T' in one, 'E' in a failed one. */
export type TransactionStatus = 'I' | 'T' | 'E'

/**
 * What each connection says of itself, at no cost: whether its server is a replica, whether a transaction is open, and whether new
 * ones may not write.
 *
 * PostgreSQL 14 and later report `in_hot_standby` and `default_transaction_read_only` when a connection opens and again, with the
 * next answer, when they change. Older servers and pg-native say nothing; the monitor asks them.
 *
 * @see https://www.postgresql.org/docs/current/libpq-status.html#LIBPQ-PQPARAMETERSTATUS
 */
export interface ConnectionWatch {
  /** `unknown` until the connection has said something. */
  roleOf(client: PgClient): Role
  statusOf(client: PgClient): TransactionStatus
  /** New transactions of this connection may not write, and could before. */
  hasBecomeReadOnly(client: PgClient): boolean
  /** The same class, listening. Give it to a pool. */
  readonly Client: PgClientClass
}

const ADMIN_SHUTDOWN = '57P01'
/** `admin_shutdown` and `crash_shutdown`. */
const INTERVENTIONS: ReadonlySet<unknown> = new Set([ADMIN_SHUTDOWN, '57P02'])

export function watchConnections(Client: PgClientClass, roleReported: (role: Role) => void): ConnectionWatch {
  const roles = new WeakMap<PgClient, Role>()
  const readOnly = new WeakMap<PgClient, { readonly now: boolean; readonly wasEverOff: boolean }>()
  const statuses = new WeakMap<PgClient, TransactionStatus>()

  class WatchedClient extends Client {
    constructor(options: PgPoolOptions) {
      super(options)
      this.#hearLastWords()
      this.connection?.on('parameterStatus', (message: { parameterName?: unknown; parameterValue?: unknown }) => {
        const isOn = message.parameterValue === 'on'
        if (message.parameterName === 'default_transaction_read_only') {
          const known = readOnly.get(this)
          readOnly.set(this, { now: isOn, wasEverOff: known?.wasEverOff === true || !isOn })
        }
        if (message.parameterName !== 'in_hot_standby') return
        const role = isOn ? 'replica' : 'primary'
        roles.set(this, role)
        roleReported(role)
      })
      this.#noteFarewells()
      // pg knows it by itself since 8.21.
      if (this.getTransactionStatus !== undefined) return
      this.connection?.on('readyForQuery', (message: { status?: TransactionStatus }) => {
        statuses.set(this, message.status ?? 'I')
      })
    }

    /**
     * A server that cuts a connection off may warn first, and say more than `pg` does: that a commit is done there, and only its
     * standby has not acknowledged it. The error that follows has it as its `cause`.
     *
     * The listener is also there because a connection may break between a pool's handing it over and its borrower's first
     * listener: the answer and the server's farewell can stand in one packet. The next query on it fails, and tells.
     *
     * @see SyncRepWaitForLSN in PostgreSQL's src/backend/replication/syncrep.c; quickdie in src/backend/tcop/postgres.c
     */
    #hearLastWords(): void {
      let lastWords: unknown
      this.connection?.on('notice', (warning: { code?: unknown }) => {
        if (INTERVENTIONS.has(warning.code)) lastWords = warning
      })
      this.on('error', (error: Error) => {
        if (lastWords !== undefined) error.cause ??= lastWords
      })
    }

    /**
     * `admin_shutdown` in the place of a statement's completion: PostgreSQL holds such interrupts back from the moment at which it
     * begins to commit until the completion is on its way, so nothing was committed. After a completion it may have been: with
     * the extended protocol that is sent before the commit. A commit that waits for a synchronous standby ends with a warning alone.
     *
     * @see HOLD_INTERRUPTS in CommitTransaction of PostgreSQL's src/backend/access/transam/xact.c; exec_simple_query and
     * exec_execute_message in src/backend/tcop/postgres.c; SyncRepWaitForLSN in src/backend/replication/syncrep.c
     */
    #noteFarewells(): void {
      let hasCompleted = false
      this.connection?.on('commandComplete', () => {
        hasCompleted = true
      })
      this.connection?.on('readyForQuery', () => {
        hasCompleted = false
      })
      this.connection?.on('errorMessage', (error: { code?: unknown }) => {
        if (error.code === ADMIN_SHUTDOWN && !hasCompleted) markUndone(error)
      })
    }
  }

  return {
    Client: WatchedClient,
    roleOf: (client) => roles.get(client) ?? 'unknown',
    hasBecomeReadOnly: (client) => {
      const known = readOnly.get(client)
      return known?.now === true && known.wasEverOff
    },
    statusOf: (client) => (client.getTransactionStatus?.() as TransactionStatus | null) ?? statuses.get(client) ?? 'I',
  }
}
