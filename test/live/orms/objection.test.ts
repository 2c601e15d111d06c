import assert from 'node:assert/strict'
import { test } from 'node:test'
import knexModule from 'knex'
import { UniqueViolationError } from 'objection'
import { knexClient } from '../../../src/knex.js'
import { Book, Order, objectionLibrary } from '../../support/orms/objection.js'
import { testLibrary } from '../../support/orms/scenario.js'
import { countStatements } from '../../support/orms/shop.js'

testLibrary(objectionLibrary, (bench) => {
  const db = (pool: unknown = bench().pool) => knexModule.knex({ client: knexClient(pool as never) })

  test('a graph is inserted on the primary, and fetched from replicas', async () => {
    const { cluster } = bench()
    cluster.forgetStatements()
    const graph = { title: 'a graph', stock: 1, orders: [{ copies: 1 }, { copies: 2 }] }
    const { id } = await Book.query(db()).insertGraph(graph)
    assert.deepEqual([...countStatements(cluster, /^insert/i).keys()], ['primary'])
    await cluster.waitForReplay()
    cluster.forgetStatements()
    const book = await Book.query(db()).findById(id).withGraphFetched('orders')
    assert.equal(book?.orders?.length, 2)
    assert.equal(countStatements(cluster, /books|orders/).get('primary'), undefined)
  })

  test('a model bound to pool.writer reads on the primary', async () => {
    const { cluster, pool } = bench()
    cluster.forgetStatements()
    await Order.bindKnex(db(pool.writer)).query()
    assert.deepEqual([...countStatements(cluster, /orders/).keys()], ['primary'])
  })

  test('a transaction that only reads runs on a replica, with the isolation that was asked for', async () => {
    const { cluster } = bench()
    cluster.forgetStatements()
    const options = { isolationLevel: 'repeatable read', readOnly: true } as const
    const { rows } = await db().transaction((trx) => trx.raw('show transaction_isolation'), options)
    assert.deepEqual(rows, [{ transaction_isolation: 'repeatable read' }])
    assert.match([...countStatements(cluster, /^show transaction/).keys()].join(), /^replica-\d$/)
  })

  test("a title that is there already is refused with Objection's error", async () => {
    await assert.rejects(async () => Book.query(db()).insert({ title: 'book 1', stock: 1 }), UniqueViolationError)
  })
})
