import { eq, relations } from 'drizzle-orm'
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres'
import { integer, pgTable, text, withReplicas } from 'drizzle-orm/pg-core'
import pg from 'pg'
import { type Library, OutOfStock, type Shop, type Urls } from './shop.js'

export const books = pgTable('books', {
  id: integer().primaryKey().generatedByDefaultAsIdentity(),
  title: text().notNull().unique(),
  stock: integer().notNull(),
})
export const orders = pgTable('orders', {
  id: integer().primaryKey().generatedByDefaultAsIdentity(),
  bookId: integer('book_id').notNull(),
  copies: integer().notNull(),
})
const booksRelations = relations(books, ({ many }) => ({ orders: many(orders) }))
const ordersRelations = relations(orders, ({ one }) => ({
  book: one(books, { fields: [orders.bookId], references: [books.id] }),
}))
export const schema = { books, orders, booksRelations, ordersRelations }

export const drizzleLibrary: Library = {
  name: 'Drizzle',
  open: (pool) => shop(drizzle(pool, { schema }), []),
  openAlone: ({ primary, replicas }: Urls) => {
    const pools = [primary, ...replicas].map(poolOf)
    const [first, ...others] = pools.map((pool) => drizzle(pool, { schema }))
    return shop(withReplicas(first!, others as unknown as [NodePgDatabase<typeof schema>]), pools)
  },
}

/** A client that is idle when its server dies tells the pool. */
function poolOf(url: string): pg.Pool {
  return new pg.Pool({ connectionString: url }).on('error', () => undefined)
}

function shop(db: NodePgDatabase<typeof schema>, own: readonly pg.Pool[]): Shop {
  return {
    async stockOf(id) {
      return (await db.select().from(books).where(eq(books.id, id)))[0]?.stock
    },
    async setStock(id, stock) {
      await db.update(books).set({ stock }).where(eq(books.id, id))
    },
    async ordersOf(id) {
      const book = await db.query.books.findFirst({ where: eq(books.id, id), with: { orders: true } })
      return book?.orders.length ?? 0
    },
    order: (id, copies) =>
      db.transaction(async (tx) => {
        const [book] = await tx.select().from(books).where(eq(books.id, id)).for('update')
        if (book === undefined || book.stock < copies) throw new OutOfStock()
        await tx
          .update(books)
          .set({ stock: book.stock - copies })
          .where(eq(books.id, id))
        await tx.insert(orders).values({ bookId: id, copies })
      }),
    async close() {
      for (const pool of own) await pool.end()
    },
  }
}
