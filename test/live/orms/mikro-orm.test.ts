import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { defineEntity, IsolationLevel, p, UniqueConstraintViolationException } from '@mikro-orm/core'
import { Migration, Migrator } from '@mikro-orm/migrations'
import { MikroORM } from '@mikro-orm/postgresql'
import { mikroOrmOptions } from '../../../src/mikro-orm.js'
import { Book, mikroOrmLibrary, Order } from '../../support/orms/mikro-orm.js'
import { testLibrary } from '../../support/orms/scenario.js'
import { countStatements, running } from '../../support/orms/shop.js'
import { eventually, poolOver } from '../../support/pool.js'

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

  test('an aborted query is cancelled, also in a transaction, with no other connection of its pool', async () => {
    const { cluster } = bench()
    const small = poolOver(cluster, { max: 1 })
    const own = await MikroORM.init({ ...mikroOrmOptions(small), entities: [Book, Order] })
    const controller = new AbortController()
    const aborted = own.em.fork().transactional((em) => em.execute("select pg_sleep(30), 'to be cancelled'"), {
      signal: controller.signal,
      inflightQueryAbortStrategy: 'cancel query',
    })
    const rejected = assert.rejects(aborted)
    const count = () => running(cluster, 'to be cancelled')
    await eventually(count, (it) => it === 1)
    controller.abort()
    await rejected
    await eventually(count, (it) => it === 0)
    await own.close()
    await small.end()
  })

  test('migrations run on the primary, which tells what has run', async () => {
    const { cluster } = bench()
    await cluster.primary.admin('grant create on schema public to app')
    class Cellar extends Migration {
      override up(): void {
        this.addSql('create table cellars (id int primary key)')
      }
    }
    const migrations = { migrationsList: [{ name: 'Cellar', class: Cellar }], snapshot: false }
    const options = { ...mikroOrmOptions(bench().pool), entities: [Book, Order], extensions: [Migrator], migrations }
    const own = await MikroORM.init(options)
    cluster.forgetStatements()
    for (const { name } of cluster.replicas) await cluster.pauseReplay(name)
    await own.migrator.up()
    assert.deepEqual(await own.migrator.getPending(), [])
    await own.migrator.up()
    for (const { name } of cluster.replicas) await cluster.resumeReplay(name)
    await own.close()
    assert.deepEqual(nodesOf(/create table cellars/), ['primary'])
    assert.deepEqual(nodesOf(/mikro_orm_migrations/), ['primary'])
  })

  test('the schema is made on the primary, and dates are read as MikroORM reads them', async () => {
    const { cluster } = bench()
    await cluster.primary.admin('grant create on schema public to app')
    cluster.forgetStatements()
    const own = await MikroORM.init({ ...mikroOrmOptions(bench().pool), entities: [Shelf] })
    await own.schema.create()
    await own.close()
    assert.deepEqual(nodesOf(/create table "shelves"/), ['primary'])
    const em = orm.em.fork()
    const made = new Date('2026-01-02T03:04:05.678Z')
    em.create(Shelf, { id: 1, made, day: '2026-01-02' })
    await em.flush()
    await cluster.waitForReplay()
    const shelf = await orm.em.fork().findOneOrFail(Shelf, { id: 1 })
    assert.deepEqual([shelf.made, shelf.day], [made, '2026-01-02'])
    assert.match(nodesOf(/^select.*shelves/).join(), /^replica-\d$/)
  })

  test('a transaction has the isolation that was asked for, and runs where MikroORM writes, also one that only reads', async () => {
    const level = (em: typeof orm.em) => em.execute('show transaction_isolation')
    const found = await orm.em.fork().transactional((em) => level(em as never), {
      isolationLevel: IsolationLevel.SERIALIZABLE,
    })
    assert.deepEqual(found, [{ transaction_isolation: 'serializable' }])
    bench().cluster.forgetStatements()
    const read = await orm.em.fork().transactional((em) => em.find(Book, { id: 12 }), { readOnly: true })
    assert.equal(read.length, 1)
    assert.deepEqual(nodesOf(/books/), ['primary'])
  })

  test('raw statements run where MikroORM writes', async () => {
    bench().cluster.forgetStatements()
    await orm.em.fork().execute('select count(*) from books', [], 'all')
    assert.deepEqual(nodesOf(/^select count/), ['primary'])
  })

  test('rows stream from a replica', async () => {
    bench().cluster.forgetStatements()
    let rows = 0
    for await (const _ of orm.em.fork().stream(Book, { where: { id: { $lte: 20 } } })) rows++
    assert.equal(rows, 20)
    assert.match(nodesOf(/books/).join(), /^replica-\d$/)
  })

  test("a title that is there already is refused with MikroORM's error", async () => {
    const em = orm.em.fork()
    em.create(Book, { id: 950, title: 'book 1', stock: 1 } as never)
    await assert.rejects(em.flush(), UniqueConstraintViolationException)
  })
})
