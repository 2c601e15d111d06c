import type { Role } from '../../model/view.js'
import type { PgClient, PgClientClass, PgPoolOptions } from './pg-types.js'

/** 'I' between transactions, 'T' in one, 'E' in a failed one. */
export type TransactionStatus = 'I' | 'T' | 'E'

/**
 * What each connection says of itself, at no cost: whether its server is a replica, and whether a transaction is open.
 *
 * PostgreSQL 14 and later report `in_hot_standby` when a connection opens and again, before the next answer, when the
 * server is promoted. Older servers and pg-native say nothing; the monitor asks them.
 *
 * @see https://www.postgresql.org/docs/current/libpq-status.html#LIBPQ-PQPARAMETERSTATUS
 */
export interface ConnectionWatch {
  /** `unknown` until the connection has said something. */
  roleOf(client: PgClient): Role
  statusOf(client: PgClient): TransactionStatus
  /** The same class, listening. Give it to a pool. */
  readonly Client: PgClientClass
}

export function watchConnections(Client: PgClientClass, roleReported: (role: Role) => void): ConnectionWatch {
  const roles = new WeakMap<PgClient, Role>()
  const statuses = new WeakMap<PgClient, TransactionStatus>()

  class WatchedClient extends Client {
    constructor(options: PgPoolOptions) {
      super(options)
      // Between a pool's handing it over and its borrower's first listener a connection may already break: the answer
      // and the server's farewell can stand in one packet. The next query on it fails, and tells.
      this.on('error', () => undefined)
      this.connection?.on('parameterStatus', (message: { parameterName?: unknown; parameterValue?: unknown }) => {
        if (message.parameterName !== 'in_hot_standby') return
        const role = message.parameterValue === 'on' ? 'replica' : 'primary'
        roles.set(this, role)
        roleReported(role)
      })
      // pg knows it by itself since 8.21.
      if (this.getTransactionStatus !== undefined) return
      this.connection?.on('readyForQuery', (message: { status?: TransactionStatus }) => {
        statuses.set(this, message.status ?? 'I')
      })
    }
  }

  return {
    Client: WatchedClient,
    roleOf: (client) => roles.get(client) ?? 'unknown',
    statusOf: (client) => (client.getTransactionStatus?.() as TransactionStatus | null) ?? statuses.get(client) ?? 'I',
  }
}
