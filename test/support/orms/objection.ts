import knexModule from 'knex'
import { Model } from 'objection'
import { knexClient } from '../../../src/knex.js'
import { type Library, OutOfStock } from './shop.js'

export class Order extends Model {
  static override tableName = 'orders'
  declare id: number
  declare copies: number
}

export class Book extends Model {
  static override tableName = 'books'
  static override relationMappings = {
    orders: {
      relation: Model.HasManyRelation,
      modelClass: Order,
      join: { from: 'books.id', to: 'orders.book_id' },
    },
  }
  declare id: number
  declare title: string
  declare stock: number
  declare orders?: Order[]
}

export const objectionLibrary: Library = {
  name: 'Objection',
  open: (pool) => {
    const db = knexModule.knex({ client: knexClient(pool) })
    return {
      async stockOf(id) {
        return (await Book.query(db).findById(id))?.stock
      },
      async setStock(id, stock) {
        await Book.query(db).findById(id).patch({ stock })
      },
      async ordersOf(id) {
        return (await Book.query(db).findById(id).withGraphFetched('orders'))?.orders?.length ?? 0
      },
      order: (id, copies) =>
        Book.transaction(db, async (trx) => {
          const book = await Book.query(trx).findById(id).forUpdate()
          if (book === undefined || book.stock < copies) throw new OutOfStock()
          await book.$query(trx).patch({ stock: book.stock - copies })
          await book.$relatedQuery<Order>('orders', trx).insert({ copies })
        }),
      close: () => db.destroy(),
    }
  },
  openAlone: undefined,
}
