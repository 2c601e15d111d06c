import pg from 'pg'
import { Session } from './cluster/session.js'
import { type PoolWithWriter, type SequelizeOptions, sequelizeOptionsWith } from './orm/sequelize.js'

export type { PoolWithWriter, SequelizeOptions } from './orm/sequelize.js'

/**
 * Options for Sequelize 6, by which it uses this pool: `new Sequelize({ dialect: 'postgres', ...sequelizeOptions(pool) })`.
 *
 * What Sequelize sends to where it writes (writes, transactions, `useMaster: true`) runs on the primary; what it reads
 * goes where the pool says: to a replica that shows what its session must see. Sequelize keeps its own pool of clients
 * (`pool: { max }`), each of which takes a connection of this one when a statement needs it. What it sets on connect, such as the time zone, goes with its clients.
 * `sequelize.close()` leaves the pool open: whoever made it ends it.
 */
export function sequelizeOptions(pool: PoolWithWriter): SequelizeOptions {
  return sequelizeOptionsWith(pg, (work) => new Session().run(work), pool)
}
