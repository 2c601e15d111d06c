import { DataSource, EntitySchema, MoreThanOrEqual } from 'typeorm'
import type { Pool } from '../../../src/pg.js'
import { typeormOptions } from '../../../src/typeorm.js'
import { type Bookshop, SoldOut } from '../bookshop.js'

interface BookRow {
  id: number
  title: string
  stock: number
  orders?: OrderRow[]
}
interface OrderRow {
  id: number
  copies: number
  book?: { id: number }
}

const Book = new EntitySchema<BookRow>({
  name: 'Book',
  tableName: 'books',
  columns: {
    id: { type: 'int', primary: true, generated: 'increment' },
    title: { type: 'text', unique: true },
    stock: { type: 'int' },
  },
  relations: { orders: { type: 'one-to-many', target: 'Order', inverseSide: 'book' } },
})
const Order = new EntitySchema<OrderRow>({
  name: 'Order',
  tableName: 'orders',
  columns: { id: { type: 'int', primary: true, generated: 'increment' }, copies: { type: 'int' } },
  relations: { book: { type: 'many-to-one', target: 'Book', inverseSide: 'orders', joinColumn: { name: 'book_id' } } },
})

export async function openBookshop(pool: Pool): Promise<Bookshop> {
  const source = new DataSource({ type: 'postgres', ...typeormOptions(pool), entities: [Book, Order] })
  await source.initialize()
  return {
    async add(title, stock) {
      return (await source.getRepository(Book).save({ title, stock })).id
    },
    async shelf() {
      const books = await source.getRepository(Book).find({ relations: { orders: true }, order: { id: 'ASC' } })
      return books.map(({ title, stock, orders = [] }) => ({
        ...{ title, stock },
        ordered: orders.reduce((sum, { copies }) => sum + copies, 0),
      }))
    },
    order: (id, copies) =>
      source.transaction(async (manager) => {
        const taken = await manager.decrement(Book, { id, stock: MoreThanOrEqual(copies) }, 'stock', copies)
        if (taken.affected === 0) throw new SoldOut()
        await manager.save(Order, { copies, book: { id } })
      }),
    close: () => source.destroy(),
  }
}
