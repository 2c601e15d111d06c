import pgPromise from 'pg-promise'
import type { Pool } from '../../../src/pg.js'
import { type Library, OutOfStock } from './shop.js'

/** The pool that exists, in the place of the one that pg-promise would make. */
export function databaseOver(pool: Pool) {
  const pgp = pgPromise({ noWarnings: true })
  const existing = function Pool() {
    return pool
  }
  Object.assign(pgp, { pg: { ...pgp.pg, Pool: existing } })
  return pgp({})
}

export const pgPromiseLibrary: Library = {
  name: 'pg-promise',
  open: (pool) => {
    const db = databaseOver(pool)
    return {
      async stockOf(id) {
        return (await db.oneOrNone<{ stock: number }>('select stock from books where id = $1', [id]))?.stock
      },
      async setStock(id, stock) {
        await db.none('update books set stock = $2 where id = $1', [id, stock])
      },
      async ordersOf(id) {
        return (await db.any('select * from books join orders on book_id = books.id where books.id = $1', [id])).length
      },
      order: (id, copies) =>
        db.tx(async (t) => {
          const book = await t.oneOrNone<{ stock: number }>('select stock from books where id = $1 for update', [id])
          if (book === null || book.stock < copies) throw new OutOfStock()
          await t.none('update books set stock = stock - $2 where id = $1', [id, copies])
          await t.none('insert into orders (book_id, copies) values ($1, $2)', [id, copies])
        }),
      async close() {},
    }
  },
  openAlone: undefined,
}
