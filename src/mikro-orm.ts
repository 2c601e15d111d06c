import { createPostgreSqlTypeParsers } from '@mikro-orm/sql'
import { type PostgresCursorConstructor, PostgresDialect } from 'kysely'
import pg from 'pg'
import Cursor from 'pg-cursor'
import { type MikroOrmOptions, mikroOrmOptionsWith, type PoolWithWriter } from './orm/mikro-orm.js'

export type { MikroOrmOptions, PoolWithWriter } from './orm/mikro-orm.js'

/**
 * Options for MikroORM 7, by which it uses this pool: `MikroORM.init({ ...mikroOrmOptions(pool), entities })`.
 *
 * What MikroORM sends to its write connection (writes, transactions, `connectionType: 'write'`) runs on the primary;
 * what it reads goes where the pool says: to a replica that shows what its session must see. `orm.close()` leaves the
 * pool open: whoever made it ends it.
 */
export function mikroOrmOptions(pool: PoolWithWriter): MikroOrmOptions {
  const { arrayParser } = pg.types as unknown as {
    arrayParser: { create(text: string, parse?: (entry: string) => unknown): { parse(): unknown[] } }
  }
  const parsers = createPostgreSqlTypeParsers((text) => arrayParser.create(text).parse() as string[])
  return mikroOrmOptionsWith({ PostgresDialect, Cursor: Cursor as unknown as PostgresCursorConstructor, parsers }, pool)
}
