import { defineEntity, type EntityManager, LockMode, p } from '@mikro-orm/core'
import { MikroORM } from '@mikro-orm/postgresql'
import { mikroOrmOptions } from '../../../src/mikro-orm.js'
import { type Library, OutOfStock, type Shop } from './shop.js'

export const Book = defineEntity({
  name: 'Book',
  tableName: 'books',
  properties: {
    id: p.integer().primary(),
    title: p.text().unique(),
    stock: p.integer(),
    orders: () => p.oneToMany(Order).mappedBy('book'),
  },
})
export const Order = defineEntity({
  name: 'Order',
  tableName: 'orders',
  properties: { id: p.integer().primary(), book: () => p.manyToOne(Book), copies: p.integer() },
})

const entities = [Book, Order]

export const mikroOrmLibrary: Library = {
  name: 'MikroORM',
  open: async (pool) => shop(await MikroORM.init({ ...mikroOrmOptions(pool), entities })),
  openAlone: async ({ primary, replicas }) =>
    shop(await MikroORM.init({ clientUrl: primary, replicas: replicas.map((clientUrl) => ({ clientUrl })), entities })),
}

/** A fork for each call, as for each request of an application. */
function shop(orm: { readonly em: { fork(): EntityManager }; close(): Promise<void> }): Shop {
  return {
    async stockOf(id) {
      return (await orm.em.fork().findOne(Book, { id }))?.stock
    },
    async setStock(id, stock) {
      await orm.em.fork().nativeUpdate(Book, { id }, { stock })
    },
    async ordersOf(id) {
      const book = await orm.em.fork().findOne(Book, { id }, { populate: ['orders'] })
      return book?.orders.length ?? 0
    },
    order: (id, copies) =>
      orm.em.fork().transactional(async (em) => {
        const book = await em.findOne(Book, { id }, { lockMode: LockMode.PESSIMISTIC_WRITE })
        if (book === null || book.stock < copies) throw new OutOfStock()
        book.stock -= copies
        em.create(Order, { book, copies })
      }),
    close: () => orm.close(),
  }
}
