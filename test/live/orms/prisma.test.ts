import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PrismaPg } from '@prisma/adapter-pg'
import { readReplicas } from '@prisma/extension-read-replicas'
import { PrismaClient } from '../../../examples/orms/prisma/generated/client.js'
import { withSession } from '../../../src/index.js'
import { prismaLibrary } from '../../support/orms/prisma.js'
import { testLibrary } from '../../support/orms/scenario.js'
import { countStatements } from '../../support/orms/shop.js'

testLibrary(prismaLibrary, (bench) => {
  const over = (pool: unknown) => new PrismaClient({ adapter: new PrismaPg(pool as never) })
  const nodesOf = (pattern: RegExp) => [...countStatements(bench().cluster, pattern).keys()]

  test('a nested write is one transaction on the primary', async () => {
    const { cluster, pool } = bench()
    cluster.forgetStatements()
    const data = { title: 'nested', stock: 3, orders: { create: [{ copies: 1 }, { copies: 2 }] } }
    const book = await over(pool).book.create({ data, include: { orders: true } })
    assert.equal(book.orders.length, 2)
    assert.deepEqual(nodesOf(/^(begin|insert|commit)|books/i), ['primary'])
  })

  test('an interactive transaction has the isolation that was asked for', async () => {
    const { pool } = bench()
    const rows = await over(pool).$transaction((tx) => tx.$queryRaw`show transaction_isolation`, {
      isolationLevel: 'Serializable',
    })
    assert.deepEqual(rows, [{ transaction_isolation: 'serializable' }])
  })

  test('raw reads run on a replica, raw writes on the primary', async () => {
    const { cluster, pool } = bench()
    const prisma = over(pool)
    cluster.forgetStatements()
    await prisma.$queryRaw`select count(*) from books where id < ${9}`
    await prisma.$executeRaw`update books set stock = 12 where id = ${12}`
    assert.match(nodesOf(/^select count/).join(), /^replica-\d$/)
    assert.deepEqual(nodesOf(/^update books/), ['primary'])
  })

  test('$primary() and $replica() keep their meaning', async () => {
    const { cluster, pool } = bench()
    const prisma = over(pool.writer).$extends(readReplicas({ replicas: [over(pool)] }))
    cluster.forgetStatements()
    await prisma.$primary().book.findMany()
    assert.deepEqual(nodesOf(/books/), ['primary'])
    cluster.forgetStatements()
    await prisma.$replica().book.findMany()
    await prisma.book.findMany()
    assert.match(nodesOf(/books/).join(), /^replica-\d(,replica-\d)?$/)
    await withSession(async () => {
      await prisma.book.update({ where: { id: 13 }, data: { stock: 13 } })
      assert.equal((await prisma.book.findUnique({ where: { id: 13 } }))?.stock, 13)
    })
  })

  test("a title that is there already is refused with Prisma's error", async () => {
    const { pool } = bench()
    await pool.query("insert into books (title, stock) values ('twice', 1)")
    const twice = over(pool).$executeRaw`insert into books (title, stock) values ('twice', 1)`
    await assert.rejects(twice, { code: 'P2010' })
    await assert.rejects(over(pool).book.create({ data: { id: 1, title: 'one', stock: 1 } }), { code: 'P2002' })
  })

  test('$disconnect() leaves the pool open', async () => {
    const { pool } = bench()
    const prisma = over(pool)
    await prisma.book.count()
    await prisma.$disconnect()
    await pool.query('select 1')
  })
})
