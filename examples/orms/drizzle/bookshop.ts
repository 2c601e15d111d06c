import { and, eq, gte, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import { integer, pgTable, text } from 'drizzle-orm/pg-core'
import type { Pool } from '../../../src/pg.js'
import { type Bookshop, SoldOut } from '../bookshop.js'

const books = pgTable('books', {
  id: integer().primaryKey().generatedAlwaysAsIdentity(),
  title: text().notNull().unique(),
  stock: integer().notNull(),
})
const orders = pgTable('orders', {
  id: integer().primaryKey().generatedAlwaysAsIdentity(),
  bookId: integer('book_id')
    .notNull()
    .references(() => books.id),
  copies: integer().notNull(),
})

export function openBookshop(pool: Pool): Bookshop {
  const db = drizzle(pool)
  return {
    async add(title, stock) {
      const [book] = await db.insert(books).values({ title, stock }).returning({ id: books.id })
      return book!.id
    },
    shelf: () =>
      db
        .select({
          title: books.title,
          stock: books.stock,
          ordered: sql<number>`coalesce(sum(${orders.copies}), 0)`.mapWith(Number),
        })
        .from(books)
        .leftJoin(orders, eq(orders.bookId, books.id))
        .groupBy(books.id)
        .orderBy(books.id),
    order: (book, copies) =>
      db.transaction(async (tx) => {
        const taken = await tx
          .update(books)
          .set({ stock: sql`${books.stock} - ${copies}` })
          .where(and(eq(books.id, book), gte(books.stock, copies)))
        if (taken.rowCount === 0) throw new SoldOut()
        await tx.insert(orders).values({ bookId: book, copies })
      }),
    async close() {},
  }
}
