import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import pgPromise from 'pg-promise'
import QueryStream from 'pg-query-stream'
import { Pool } from '../../../src/pg.js'
import { databaseOver, pgPromiseLibrary } from '../../support/orms/pg-promise.js'
import { testLibrary } from '../../support/orms/scenario.js'
import { countStatements } from '../../support/orms/shop.js'

testLibrary(pgPromiseLibrary, (bench) => {
  let db: ReturnType<typeof databaseOver>
  const nodesOf = (pattern: RegExp) => [...countStatements(bench().cluster, pattern).keys()]

  before(() => {
    db = databaseOver(bench().pool)
  })

  test('a transaction that only reads runs on a replica, with the isolation that was asked for', async () => {
    const { TransactionMode, isolationLevel } = pgPromise.txMode
    const mode = new TransactionMode({ tiLevel: isolationLevel.repeatableRead, readOnly: true })
    bench().cluster.forgetStatements()
    const level = await db.tx({ mode }, (t) => t.one('show transaction_isolation'))
    assert.deepEqual(level, { transaction_isolation: 'repeatable read' })
    assert.match(nodesOf(/^show transaction_isolation/).join(), /^replica-\d$/)
  })

  test('a nested transaction is a savepoint', async () => {
    await db.tx(async (t) => {
      await t.none('update books set stock = 31 where id = 11')
      const inner = t.tx(async (it) => {
        await it.none('update books set stock = 32 where id = 11')
        throw new Error('never mind')
      })
      await assert.rejects(inner, /never mind/)
    })
    assert.deepEqual(await db.one('/* sluice: primary */ select stock from books where id = 11'), { stock: 31 })
  })

  test('statements of a task each go where they belong', async () => {
    bench().cluster.forgetStatements()
    await db.task(async (t) => {
      await t.one('select count(*) from books')
      await t.none('update books set stock = 12 where id = 12')
    })
    assert.match(nodesOf(/^select count/).join(), /^replica-\d$/)
    assert.deepEqual(nodesOf(/^update/), ['primary'])
  })

  test('a prepared statement runs by its name on whichever replica, again and again', async () => {
    const prepared = new pgPromise.PreparedStatement({ name: 'book-by-id', text: 'select * from books where id = $1' })
    for (let id = 1; id <= 8; id++) assert.equal((await db.one(prepared, [id])).id, id)
  })

  test('rows stream from a replica, and the connection is back at the end', async () => {
    bench().cluster.forgetStatements()
    const ids: number[] = []
    const stream = new QueryStream('select id from books order by id limit 5')
    const { processed } = await db.stream(stream, (rows) => rows.on('data', ({ id }: { id: number }) => ids.push(id)))
    assert.deepEqual([processed, ids], [5, [1, 2, 3, 4, 5]])
    assert.match(nodesOf(/^select id from books order/).join(), /^replica-\d$/)
    const { nodes } = bench().pool.stats()
    assert.ok(nodes.every(({ connections: { total, idle } }) => total === idle))
  })

  test("a title that is there already is refused with the driver's error", async () => {
    await assert.rejects(db.none("insert into books (title, stock) values ('book 1', 1)"), { code: '23505' })
  })

  test('with Pool in its place it makes the pool itself, and ends it', async () => {
    const { primary, replicas } = bench().cluster
    const pgp = pgPromise({ noWarnings: true })
    Object.assign(pgp, { pg: { ...pgp.pg, Pool } })
    const own = pgp({ primary: primary.url, replicas: replicas.map((it) => it.url) } as object)
    assert.equal((await own.one('select 1 as one')).one, 1)
    await own.$pool.end()
  })
})
