import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { DataSource, QueryFailedError, type QueryRunner } from 'typeorm'
import { typeormOptions } from '../../../src/typeorm.js'
import { testLibrary } from '../../support/orms/scenario.js'
import { countStatements } from '../../support/orms/shop.js'
import { Book, Order, typeormLibrary } from '../../support/orms/typeorm.js'

class Shelves1700000000000 {
  name = 'Shelves1700000000000'
  up(runner: QueryRunner): Promise<unknown> {
    return runner.query('create table shelves (id int primary key)')
  }
  async down(): Promise<void> {}
}

testLibrary(typeormLibrary, (bench) => {
  let source: DataSource
  const nodesOf = (pattern: RegExp) => [...countStatements(bench().cluster, pattern).keys()]

  before(async () => {
    const options = typeormOptions(bench().pool)
    source = new DataSource({
      type: 'postgres',
      ...options,
      entities: [Book, Order],
      migrations: [Shelves1700000000000],
    })
    await source.initialize()
  })
  after(() => source.destroy())

  test('save() looks on the primary for what it saves, however far replicas are behind', async () => {
    const { cluster } = bench()
    for (const { name } of cluster.replicas) await cluster.lag(name, 60_000)
    await cluster.primary.admin("insert into books (id, title, stock) overriding system value values (901, 'new', 1)")
    cluster.forgetStatements()
    await source.getRepository(Book).save({ id: 901, title: 'newer', stock: 2 })
    assert.deepEqual(nodesOf(/books/), ['primary'])
    for (const { name } of cluster.replicas) await cluster.lag(name, 0)
    await cluster.waitForReplay()
  })

  test('logNotifications tells what the server says on any connection', async () => {
    const said: unknown[] = []
    const log = (_level: string, message: unknown) => void said.push(message)
    const none = () => undefined
    const logger = {
      log,
      logQuery: none,
      logQueryError: none,
      logQuerySlow: none,
      logSchemaBuild: none,
      logMigration: none,
    }
    const options = { ...typeormOptions(bench().pool), logNotifications: true, logger }
    const chatty = new DataSource({ type: 'postgres', ...options })
    await chatty.initialize()
    const runners = [chatty.createQueryRunner(), chatty.createQueryRunner()]
    for (const [i, runner] of runners.entries()) {
      await runner.startTransaction()
      await runner.query(`do $$ begin raise notice 'from %', ${i}; end $$`)
    }
    for (const runner of runners) await runner.rollbackTransaction()
    await runners[0]?.query('listen shelves')
    await runners[0]?.query("notify shelves, 'full'")
    for (const runner of runners) await runner.release()
    await chatty.destroy()
    assert.deepEqual(said.slice(-3), ['from 0', 'from 1', 'Received NOTIFY on channel shelves: full.'])
  })

  test('a query builder reads on a replica; its master mode, and query(), on the primary', async () => {
    const { cluster } = bench()
    const builder = () => source.createQueryBuilder(Book, 'book').where('book.id < 5')
    cluster.forgetStatements()
    await builder().getMany()
    assert.match(nodesOf(/books/).join(), /^replica-\d$/)
    cluster.forgetStatements()
    const runner = source.createQueryRunner('master')
    await builder().setQueryRunner(runner).getMany()
    await runner.release()
    await source.query('select count(*) from books')
    assert.deepEqual(nodesOf(/books/), ['primary'])
  })

  test('a nested transaction is a savepoint, and the isolation is the one that was asked for', async () => {
    await source.transaction('SERIALIZABLE', async (manager) => {
      assert.deepEqual(await manager.query('show transaction_isolation'), [{ transaction_isolation: 'serializable' }])
      await manager.update(Book, 11, { stock: 31 })
      const inner = manager.transaction(async (it) => {
        await it.update(Book, 11, { stock: 32 })
        throw new Error('never mind')
      })
      await assert.rejects(inner, /never mind/)
    })
    assert.deepEqual(await source.query('select stock from books where id = 11'), [{ stock: 31 }])
  })

  test('rows stream from a replica', async () => {
    const { cluster } = bench()
    cluster.forgetStatements()
    const stream = await source.createQueryBuilder(Book, 'book').stream()
    let rows = 0
    for await (const _ of stream) rows++
    assert.ok(rows >= 20)
    assert.match(nodesOf(/books/).join(), /^replica-\d$/)
  })

  test("a title that is there already is refused with TypeORM's error", async () => {
    await assert.rejects(
      source.getRepository(Book).insert({ title: 'book 1', stock: 1 }),
      (error: QueryFailedError) =>
        error instanceof QueryFailedError && (error.driverError as { code?: string }).code === '23505',
    )
  })

  test('migrations run on the primary', async () => {
    const { cluster } = bench()
    await cluster.primary.admin('grant create on schema public to app')
    cluster.forgetStatements()
    assert.equal((await source.runMigrations()).length, 1)
    assert.deepEqual(await source.runMigrations(), [])
    assert.deepEqual(nodesOf(/shelves|migrations/), ['primary'])
  })
})
