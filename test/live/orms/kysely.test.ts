import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Kysely, PostgresDialect, sql } from 'kysely'
import { Migrator } from 'kysely/migration'
import Cursor from 'pg-cursor'
import { type Database, kyselyLibrary } from '../../support/orms/kysely.js'
import { testLibrary } from '../../support/orms/scenario.js'
import { countStatements, running } from '../../support/orms/shop.js'
import { eventually, poolOver } from '../../support/pool.js'

testLibrary(kyselyLibrary, (bench) => {
  const over = (pool: unknown) =>
    new Kysely<Database>({ dialect: new PostgresDialect({ pool: pool as never, cursor: Cursor }) })
  const db = () => over(bench().pool)
  const nodesOf = (pattern: RegExp) => [...countStatements(bench().cluster, pattern).keys()]

  test('a transaction that only reads runs on a replica, with the isolation that was asked for', async () => {
    bench().cluster.forgetStatements()
    const { rows } = await db()
      .transaction()
      .setIsolationLevel('repeatable read')
      .setAccessMode('read only')
      .execute((trx) => sql`show transaction_isolation`.execute(trx))
    assert.deepEqual(rows, [{ transaction_isolation: 'repeatable read' }])
    assert.match(nodesOf(/^show transaction_isolation/i).join(), /^replica-\d$/)
  })

  test('a controlled transaction goes back to its savepoint', async () => {
    const trx = await db().startTransaction().execute()
    await trx.updateTable('books').set({ stock: 31 }).where('id', '=', 11).execute()
    const inner = await trx.savepoint('inner').execute()
    await inner.updateTable('books').set({ stock: 32 }).where('id', '=', 11).execute()
    await inner.rollbackToSavepoint('inner').execute()
    await trx.commit().execute()
    const primary = over(bench().pool.writer)
    assert.deepEqual(await primary.selectFrom('books').select('stock').where('id', '=', 11).execute(), [{ stock: 31 }])
  })

  test('rows stream from a replica', async () => {
    bench().cluster.forgetStatements()
    let rows = 0
    for await (const _ of db().selectFrom('books').selectAll().stream(3)) rows++
    assert.equal(rows, 20)
    assert.match(nodesOf(/books/).join(), /^replica-\d$/)
  })

  test('an aborted query is cancelled on the node that runs it', async () => {
    const { cluster } = bench()
    const controller = new AbortController()
    const cancel = { signal: controller.signal, inflightQueryAbortStrategy: 'cancel query' } as const
    const sleep = sql`select pg_sleep(30), 'to be cancelled'`
    const small = poolOver(cluster, { max: 1 })
    const slow = [
      sleep.execute(db(), cancel),
      // With no other connection of its pool.
      over(small)
        .transaction()
        .execute((trx) => sleep.execute(trx, cancel)),
    ].map((it) => assert.rejects(it, { name: 'AbortError' }))
    const count = () => running(cluster, 'to be cancelled')
    await eventually(count, (it) => it === 2)
    controller.abort()
    await Promise.all(slow)
    await eventually(count, (it) => it === 0)
    await small.end()
  })

  test("a title that is there already is refused with the driver's error", async () => {
    await assert.rejects(db().insertInto('books').values({ title: 'book 1', stock: 1 }).execute(), { code: '23505' })
  })

  test('migrations run on the primary', async () => {
    const { cluster } = bench()
    await cluster.primary.admin('grant create on schema public to app')
    cluster.forgetStatements()
    const migrations = {
      shelves: { up: (it: Kysely<never>) => it.schema.createTable('shelves').addColumn('id', 'integer').execute() },
    }
    const { error } = await new Migrator({
      db: db(),
      provider: { getMigrations: async () => migrations as never },
    }).migrateToLatest()
    assert.equal(error, undefined)
    assert.deepEqual(nodesOf(/create table "shelves"/), ['primary'])
  })
})
