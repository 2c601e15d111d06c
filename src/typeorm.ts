import pg from 'pg'
import { type PoolWithWriter, type TypeormOptions, typeormOptionsWith } from './orm/typeorm.js'

export type { PoolWithWriter, TypeormOptions } from './orm/typeorm.js'

/**
 * Options for TypeORM's `DataSource`, by which it uses this pool: `new DataSource({ type: 'postgres', ...typeormOptions(pool),
 * entities })`.
 *
 * What TypeORM sends to its master (`save()` with the SELECT before it, transactions, `query()`) runs on the primary;
 * what it sends to a slave (`find`, a query builder's SELECT) goes where the pool says: to a replica that shows what
 * its session must see, or to the primary when it locks rows. `destroy()` leaves the pool open: whoever made it ends it.
 */
export function typeormOptions(pool: PoolWithWriter): TypeormOptions {
  return typeormOptionsWith(pg, pool)
}
