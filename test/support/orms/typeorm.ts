import { DataSource, EntitySchema } from 'typeorm'
import { typeormOptions } from '../../../src/typeorm.js'
import { type Library, OutOfStock, type Shop } from './shop.js'

export interface BookRow {
  id: number
  title: string
  stock: number
  orders?: OrderRow[]
}
export interface OrderRow {
  id: number
  copies: number
  book?: BookRow
}

export const Book = new EntitySchema<BookRow>({
  name: 'Book',
  tableName: 'books',
  columns: {
    id: { type: 'int', primary: true, generated: 'increment' },
    title: { type: 'text', unique: true },
    stock: { type: 'int' },
  },
  relations: { orders: { type: 'one-to-many', target: 'Order', inverseSide: 'book' } },
})
export const Order = new EntitySchema<OrderRow>({
  name: 'Order',
  tableName: 'orders',
  columns: { id: { type: 'int', primary: true, generated: 'increment' }, copies: { type: 'int' } },
  relations: { book: { type: 'many-to-one', target: 'Book', inverseSide: 'orders', joinColumn: { name: 'book_id' } } },
})

const entities = [Book, Order]

export const typeormLibrary: Library = {
  name: 'TypeORM',
  open: async (pool) =>
    shop(await new DataSource({ type: 'postgres', ...typeormOptions(pool), entities }).initialize()),
  openAlone: async ({ primary, replicas }) => {
    const replication = { master: { url: primary }, slaves: replicas.map((url) => ({ url })) }
    return shop(await new DataSource({ type: 'postgres', replication, entities, logging: false }).initialize())
  },
}

function shop(source: DataSource): Shop {
  const books = source.getRepository(Book)
  return {
    async stockOf(id) {
      return (await books.findOneBy({ id }))?.stock
    },
    async setStock(id, stock) {
      await books.update({ id }, { stock })
    },
    async ordersOf(id) {
      return (await books.findOne({ where: { id }, relations: { orders: true } }))?.orders?.length ?? 0
    },
    order: (id, copies) =>
      source.transaction(async (manager) => {
        const book = await manager.findOne(Book, { where: { id }, lock: { mode: 'pessimistic_write' } })
        if (book === null || book.stock < copies) throw new OutOfStock()
        book.stock -= copies
        await manager.save(Book, book)
        await manager.save(Order, { book, copies })
      }),
    close: () => source.destroy(),
  }
}
