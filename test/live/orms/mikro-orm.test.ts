import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { defineEntity, p, UniqueConstraintViolationException } from '@mikro-orm/core'
import { MikroORM } from '@mikro-orm/postgresql'
import { mikroOrmOptions } from '../../../src/mikro-orm.js'
import { Book, mikroOrmLibrary, Order } from '../../support/orms/mikro-orm.js'
import { testLibrary } from '../../support/orms/scenario.js'
import { countStatements } from '../../support/orms/shop.js'

const Shelf = defineEntity({
  name: 'Shelf',
  tableName: 'shelves',
  properties: { id: p.integer().primary(), made: p.datetime(), day: p.date() },
})

testLibrary(mikroOrmLibrary, (bench) => {
  let orm: MikroORM
  const nodesOf = (pattern: RegExp) => [...countStatements(bench().cluster, pattern).keys()]

  before(async () => {
    const options = {
      ...mikroOrmOptions(bench().pool),
      entities: [Book, Order, Shelf],
      timezone: 'Z',
    }
    orm = (await MikroORM.init(options)) as never
  })
  after(() => orm.close())

  test("connectionType: 'write' reads on the primary", async () => {
    bench().cluster.forgetStatements()
    await orm.em.fork().find(Book, {}, { connectionType: 'write' })
    assert.deepEqual(nodesOf(/books/), ['primary'])
  })

  test('a nested transaction is a savepoint', async () => {
    await orm.em.fork().transactional(async (em) => {
      await em.nativeUpdate(Book, { id: 11 }, { stock: 31 })
      const inner = em.transactional(async (it) => {
        await it.nativeUpdate(Book, { id: 11 }, { stock: 32 })
        throw new Error('never mind')
      })
      await assert.rejects(inner, /never mind/)
    })
    const book = await orm.em.fork().findOneOrFail(Book, { id: 11 }, { connectionType: 'write' })
    assert.equal(book.stock, 31)
  })

  test('the schema is made on the primary, and dates are read as MikroORM reads them', async () => {
    const { cluster } = bench()
    await cluster.primary.admin('grant create on schema public to app')
    cluster.forgetStatements()
    await cluster.primary.admin('create table shelves (id int primary key, made timestamptz, day date)')
    await cluster.primary.admin('grant all on shelves to app')
    const em = orm.em.fork()
    const made = new Date('2026-01-02T03:04:05.678Z')
    em.create(Shelf, { id: 1, made, day: '2026-01-02' })
    await em.flush()
    await cluster.waitForReplay()
    const shelf = await orm.em.fork().findOneOrFail(Shelf, { id: 1 })
    assert.deepEqual([shelf.made, shelf.day], [made, '2026-01-02'])
    assert.match(nodesOf(/^select.*shelves/).join(), /^replica-\d$/)
  })

  test("a title that is there already is refused with MikroORM's error", async () => {
    const em = orm.em.fork()
    em.create(Book, { id: 950, title: 'book 1', stock: 1 } as never)
    await assert.rejects(em.flush(), UniqueConstraintViolationException)
  })
})
