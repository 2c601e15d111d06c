import { PrismaPg } from '@prisma/adapter-pg'
import { readReplicas } from '@prisma/extension-read-replicas'
import { PrismaClient } from '../../../examples/orms/prisma/generated/client.js'
import { type Library, OutOfStock, type Shop } from './shop.js'

export const prismaLibrary: Library = {
  name: 'Prisma',
  open: (pool) => shop(new PrismaClient({ adapter: new PrismaPg(pool) })),
  openAlone: ({ primary, replicas }) => {
    const clientOf = (url: string) => new PrismaClient({ adapter: new PrismaPg({ connectionString: url }) })
    const all = [primary, ...replicas].map(clientOf)
    const [first, ...others] = all
    const client = first!.$extends(readReplicas({ replicas: others })) as unknown as PrismaClient
    const made = shop(client)
    return { ...made, close: async () => void (await Promise.all(all.map((it) => it.$disconnect()))) }
  },
}

function shop(prisma: PrismaClient): Shop {
  return {
    async stockOf(id) {
      return (await prisma.book.findUnique({ where: { id } }))?.stock
    },
    async setStock(id, stock) {
      await prisma.book.update({ where: { id }, data: { stock } })
    },
    async ordersOf(id) {
      const book = await prisma.book.findUnique({ where: { id }, include: { orders: true } })
      return book?.orders.length ?? 0
    },
    async order(id, copies) {
      await prisma.$transaction(async (tx) => {
        const book = await tx.book.findUnique({ where: { id } })
        if (book === null || book.stock < copies) throw new OutOfStock()
        await tx.book.update({ where: { id }, data: { stock: { decrement: copies } } })
        await tx.order.create({ data: { bookId: id, copies } })
      })
    },
    close: () => prisma.$disconnect(),
  }
}
