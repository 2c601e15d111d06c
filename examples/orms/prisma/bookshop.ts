import { PrismaPg } from '@prisma/adapter-pg'
import type { Pool } from '../../../src/pg.js'
import { type Bookshop, SoldOut } from '../bookshop.js'
import { PrismaClient } from './generated/client.js'

export function openBookshop(pool: Pool): Bookshop {
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool) })
  return {
    async add(title, stock) {
      return (await prisma.book.create({ data: { title, stock } })).id
    },
    async shelf() {
      const books = await prisma.book.findMany({ include: { orders: true }, orderBy: { id: 'asc' } })
      return books.map(({ title, stock, orders }) => ({
        ...{ title, stock },
        ordered: orders.reduce((sum, { copies }) => sum + copies, 0),
      }))
    },
    order: (book, copies) =>
      prisma.$transaction(async (tx) => {
        const taken = await tx.book.updateMany({
          where: { id: book, stock: { gte: copies } },
          data: { stock: { decrement: copies } },
        })
        if (taken.count === 0) throw new SoldOut()
        await tx.order.create({ data: { bookId: book, copies } })
      }),
    close: () => prisma.$disconnect(),
  }
}
