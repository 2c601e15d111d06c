import { type Generated, Kysely, PostgresDialect } from 'kysely'
import type { Pool } from '../../../src/pg.js'
import { type Bookshop, SoldOut } from '../bookshop.js'

interface Database {
  readonly books: { readonly id: Generated<number>; readonly title: string; readonly stock: number }
  readonly orders: { readonly id: Generated<number>; readonly book_id: number; readonly copies: number }
}

export function openBookshop(pool: Pool): Bookshop {
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) })
  return {
    async add(title, stock) {
      return (await db.insertInto('books').values({ title, stock }).returning('id').executeTakeFirstOrThrow()).id
    },
    async shelf() {
      const rows = await db
        .selectFrom('books')
        .leftJoin('orders', 'orders.book_id', 'books.id')
        .select(({ fn, val }) => ['title', 'stock', fn.coalesce(fn.sum<string>('copies'), val('0')).as('ordered')])
        .groupBy('books.id')
        .orderBy('books.id')
        .execute()
      return rows.map((row) => ({ ...row, ordered: Number(row.ordered) }))
    },
    order: (book, copies) =>
      db.transaction().execute(async (trx) => {
        const taken = await trx
          .updateTable('books')
          .set(({ eb }) => ({ stock: eb('stock', '-', copies) }))
          .where('id', '=', book)
          .where('stock', '>=', copies)
          .executeTakeFirst()
        if (taken.numUpdatedRows === 0n) throw new SoldOut()
        await trx.insertInto('orders').values({ book_id: book, copies }).execute()
      }),
    // `db.destroy()` would end the pool, which is not this module's.
    async close() {},
  }
}
