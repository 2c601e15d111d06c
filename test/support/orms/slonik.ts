import { createPool, type QuerySqlToken, sql } from 'slonik'
import type { Pool } from '../../../src/pg.js'
import { slonikDriver } from '../../../src/slonik.js'
import { type Library, OutOfStock } from './shop.js'

export const slonikLibrary: Library = {
  name: 'Slonik',
  open: async (pool) => {
    const db = await createPool('postgres://', { driverFactory: slonikDriver(pool) })
    return {
      async stockOf(id) {
        return (await db.maybeOne(sql.unsafe`select stock from books where id = ${id}`))?.stock
      },
      async setStock(id, stock) {
        await db.query(sql.unsafe`update books set stock = ${stock} where id = ${id}`)
      },
      async ordersOf(id) {
        return (await db.any(sql.unsafe`select * from books join orders on book_id = books.id where books.id = ${id}`))
          .length
      },
      order: (id, copies) =>
        db.transaction(async (tx) => {
          const book = await tx.maybeOne(sql.unsafe`select stock from books where id = ${id} for update`)
          if (book === null || book.stock < copies) throw new OutOfStock()
          await tx.query(sql.unsafe`update books set stock = stock - ${copies} where id = ${id}`)
          await tx.query(sql.unsafe`insert into orders (book_id, copies) values (${id}, ${copies})`)
        }),
      close: () => db.end(),
    }
  },
  openAlone: undefined,
}

type Tag = (template: TemplateStringsArray) => QuerySqlToken

/** Since Slonik 49: runs a prepared statement of that name. @returns those that its connection has then. */
export async function namesPrepared(pool: Pool, name: string): Promise<readonly unknown[]> {
  const { prepared } = sql as unknown as { prepared(name: string, parser: unknown): Tag }
  const anything = { '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) } }
  const db = await createPool('postgres://', { driverFactory: slonikDriver(pool) })
  const names = await db.transaction(async (connection) => {
    await connection.one(prepared(name, anything)`select count(*)::int as n from books`)
    return connection.anyFirst(sql.unsafe`select name from pg_prepared_statements`)
  })
  await db.end()
  return names
}
