import type { Role } from '../../model/view.js'
import type { PgClient, PgClientClass, PgPoolOptions } from './pg-types.js'

/**
 * What each connection says of its server's role, and what it said first and last.
 *
 * PostgreSQL 14 and later report `in_hot_standby` when a connection opens and again, before the next answer, when the
 * server is promoted: knowing it costs no round trip. Older servers and pg-native say nothing; the monitor asks them.
 *
 * @see https://www.postgresql.org/docs/current/libpq-status.html#LIBPQ-PQPARAMETERSTATUS
 */
export interface RoleWatch {
  /** `unknown` until the connection has said something. */
  roleOf(client: PgClient): Role
  /** The same class, listening. Give it to a pool. */
  readonly Client: PgClientClass
}

export function watchRoles(Client: PgClientClass, reported: (role: Role) => void): RoleWatch {
  const roles = new WeakMap<PgClient, Role>()

  class WatchedClient extends Client {
    constructor(options: PgPoolOptions) {
      super(options)
      this.connection?.on('parameterStatus', (message: { parameterName?: unknown; parameterValue?: unknown }) => {
        if (message.parameterName !== 'in_hot_standby') return
        const role = message.parameterValue === 'on' ? 'replica' : 'primary'
        roles.set(this, role)
        reported(role)
      })
    }
  }
  return { Client: WatchedClient, roleOf: (client) => roles.get(client) ?? 'unknown' }
}
