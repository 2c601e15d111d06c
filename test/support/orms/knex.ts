import knexModule, { type Knex } from 'knex'
import { knexClient } from '../../../src/knex.js'
import { type Library, OutOfStock, type Shop } from './shop.js'

export const knexLibrary: Library = {
  name: 'Knex',
  open: (pool) => shop(knexModule.knex({ client: knexClient(pool) })),
  openAlone: undefined,
}

export function shop(db: Knex): Shop {
  return {
    async stockOf(id) {
      return (await db('books').where({ id }).first())?.stock
    },
    async setStock(id, stock) {
      await db('books').where({ id }).update({ stock })
    },
    async ordersOf(id) {
      return (await db('books').join('orders', 'orders.book_id', 'books.id').where('books.id', id)).length
    },
    order: (id, copies) =>
      db.transaction(async (trx) => {
        const book = await trx('books').where({ id }).forUpdate().first()
        if (book === undefined || book.stock < copies) throw new OutOfStock()
        await trx('books').where({ id }).decrement('stock', copies)
        await trx('orders').insert({ book_id: id, copies })
      }),
    close: () => db.destroy(),
  }
}
