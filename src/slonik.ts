import { createDriverFactory, type DriverFactory } from '@slonik/driver'
import * as errors from '@slonik/errors'
import pg from 'pg'
import QueryStream from 'pg-query-stream'
import { type PgTypes, type SlonikPool, slonikDriverWith } from './orm/slonik.js'

export type { SlonikPool } from './orm/slonik.js'

/**
 * A driver for Slonik over this pool: `createPool('postgres://', { driverFactory: slonikDriver(pool) })`. The URL is not used.
 *
 * Slonik's own pool lends clients, each of which takes a connection of this pool when a statement needs one, and gives
 * it back when Slonik resets it. Its `statementTimeout` and `idleInTransactionSessionTimeout` are not used: give
 * `statement_timeout` and `idle_in_transaction_session_timeout` to this pool. `end()` of Slonik's pool leaves this one
 * open: whoever made it ends it.
 *
 * @throws {Error} when a type that Slonik shall parse is not in the database: at the first use.
 */
export function slonikDriver(pool: SlonikPool): DriverFactory {
  return slonikDriverWith({ createDriverFactory, errors, QueryStream, types: pg.types as unknown as PgTypes }, pool)
}
