import assert from 'node:assert/strict'
import { test } from 'node:test'
import knexModule from 'knex'
import { knexClient } from '../../../src/knex.js'
import { knexLibrary } from '../../support/orms/knex.js'
import { testLibrary } from '../../support/orms/scenario.js'
import { countStatements, running } from '../../support/orms/shop.js'
import { eventually, poolOver } from '../../support/pool.js'

const { knex } = knexModule

testLibrary(knexLibrary, (bench) => {
  const db = () => knex({ client: knexClient(bench().pool) })
  const nodesOf = (pattern: RegExp) => [...countStatements(bench().cluster, pattern).keys()]

  test('a transaction that only reads runs on a replica, with the isolation that was asked for', async () => {
    bench().cluster.forgetStatements()
    const { rows } = await db().transaction((trx) => trx.raw('show transaction_isolation'), {
      isolationLevel: 'repeatable read',
      readOnly: true,
    })
    assert.deepEqual(rows, [{ transaction_isolation: 'repeatable read' }])
    assert.match(nodesOf(/^show transaction_isolation/i).join(), /^replica-\d$/)
  })

  test('a nested transaction is a savepoint on the same connection', async () => {
    await db().transaction(async (trx) => {
      await trx('books').where({ id: 11 }).update({ stock: 31 })
      const inner = trx.transaction(async (it) => {
        await it('books').where({ id: 11 }).update({ stock: 32 })
        throw new Error('never mind')
      })
      await assert.rejects(inner, /never mind/)
    })
    const primary = knex({ client: knexClient(bench().pool.writer as never) })
    assert.deepEqual(await primary('books').select('stock').where({ id: 11 }), [{ stock: 31 }])
  })

  test('rows stream from a replica, and its connection is given back once', async () => {
    const { cluster, pool } = bench()
    cluster.forgetStatements()
    let rows = 0
    for await (const _ of db()('books').select().stream()) rows++
    assert.equal(rows, 20)
    assert.match(nodesOf(/books/).join(), /^replica-\d$/)
    await eventually(
      () => pool.totalCount - pool.idleCount,
      (out) => out === 0,
    )
  })

  test('a query that takes too long is cancelled on the node that runs it', async () => {
    const { cluster } = bench()
    const slow = db().raw("select pg_sleep(30), 'to be cancelled'").timeout(200, { cancel: true })
    await assert.rejects(slow, { name: 'KnexTimeoutError' })
    await eventually(
      () => running(cluster, 'to be cancelled'),
      (it) => it === 0,
      3000,
    )
  })

  test('to cancel, no connection of the pool is needed', async () => {
    const { cluster } = bench()
    const small = poolOver(cluster, { max: 1 })
    const found = knex({ client: knexClient(small) })
    const work = found.transaction((trx) =>
      trx.raw("select pg_sleep(30), 'to be cancelled'").timeout(200, { cancel: true }),
    )
    await assert.rejects(work, { name: 'KnexTimeoutError' })
    assert.equal(await running(cluster, 'to be cancelled'), 0)
    await small.end()
  })

  test('searchPath is kept, on whichever node', async () => {
    const { cluster } = bench()
    const found = knex({ client: knexClient(bench().pool), searchPath: ['elsewhere', 'public'] })
    cluster.forgetStatements()
    const { rows } = await found.raw('show search_path')
    assert.deepEqual(rows, [{ search_path: 'elsewhere, public' }])
    assert.match(nodesOf(/^show search_path/).join(), /^replica-\d$/)
  })

  test("a title that is there already is refused with the driver's error", async () => {
    await assert.rejects(db()('books').insert({ title: 'book 1', stock: 1 }), { code: '23505' })
  })

  test('migrations run on the primary', async () => {
    const { cluster } = bench()
    await cluster.primary.admin('grant create on schema public to app')
    cluster.forgetStatements()
    const migration = {
      up: (it: knexModule.Knex) => it.schema.createTable('shelves', (table) => table.increments('id')),
      down: async () => {},
    }
    const migrationSource = {
      getMigrations: async () => ['shelves'],
      getMigrationName: (name: string) => name,
      getMigration: async () => migration,
    }
    await db().migrate.latest({ migrationSource })
    assert.deepEqual(nodesOf(/create table "shelves"/), ['primary'])
  })

  test('destroy() leaves the pool open', async () => {
    const pool = poolOver(bench().cluster)
    const own = knex({ client: knexClient(pool) })
    await own('books').first()
    await own.destroy()
    await pool.query('select 1')
    await pool.end()
  })
})
