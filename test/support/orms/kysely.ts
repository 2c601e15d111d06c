import { type Generated, Kysely, PostgresDialect } from 'kysely'
import { KyselyReplicationDialect } from 'kysely-replication'
import { RoundRobinReplicaStrategy } from 'kysely-replication/strategy/round-robin'
import pg from 'pg'
import Cursor from 'pg-cursor'
import { type Library, OutOfStock, type Shop } from './shop.js'

export interface Database {
  readonly books: { readonly id: Generated<number>; readonly title: string; readonly stock: number }
  readonly orders: { readonly id: Generated<number>; readonly book_id: number; readonly copies: number }
}

export const kyselyLibrary: Library = {
  name: 'Kysely',
  open: (pool) =>
    shop(new Kysely<Database>({ dialect: new PostgresDialect({ pool, cursor: Cursor }) }), async () => {}),
  openAlone: ({ primary, replicas }) => {
    const dialect = new KyselyReplicationDialect({
      primaryDialect: dialectOf(primary),
      replicaDialects: replicas.map(dialectOf) as [PostgresDialect],
      replicaStrategy: new RoundRobinReplicaStrategy({}),
    })
    const db = new Kysely<Database>({ dialect })
    return shop(db, () => db.destroy())
  },
}

function dialectOf(url: string): PostgresDialect {
  return new PostgresDialect({ pool: new pg.Pool({ connectionString: url }).on('error', () => undefined) })
}

function shop(db: Kysely<Database>, close: () => Promise<void>): Shop {
  return {
    async stockOf(id) {
      return (await db.selectFrom('books').select('stock').where('id', '=', id).executeTakeFirst())?.stock
    },
    async setStock(id, stock) {
      await db.updateTable('books').set({ stock }).where('id', '=', id).execute()
    },
    async ordersOf(id) {
      const rows = await db
        .selectFrom('books')
        .innerJoin('orders', 'orders.book_id', 'books.id')
        .selectAll()
        .where('books.id', '=', id)
        .execute()
      return rows.length
    },
    order: (id, copies) =>
      db.transaction().execute(async (tx) => {
        const book = await tx.selectFrom('books').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
        if (book === undefined || book.stock < copies) throw new OutOfStock()
        await tx
          .updateTable('books')
          .set({ stock: book.stock - copies })
          .where('id', '=', id)
          .execute()
        await tx.insertInto('orders').values({ book_id: id, copies }).execute()
      }),
    close,
  }
}
