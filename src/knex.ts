import type { Knex } from 'knex'
// @ts-expect-error: Knex has no types for its dialects.
import PostgresClient from 'knex/lib/dialects/postgres/index.js'
import { type KnexPool, knexClientWith } from './orm/knex.js'

export type { KnexPool } from './orm/knex.js'

/**
 * Knex's client for PostgreSQL over this pool: `knex({ client: knexClient(pool) })`.
 *
 * `timeout(ms, { cancel: true })` reaches the node that runs the query. Knex's own `pool` and `connection` are not
 * used, except `searchPath`. `knex.destroy()` leaves the pool open: whoever made it ends it.
 */
export function knexClient(pool: KnexPool): typeof Knex.Client {
  return knexClientWith(PostgresClient as never, pool)
}
