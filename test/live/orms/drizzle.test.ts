import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { DrizzleQueryError, eq, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import { migrate } from 'drizzle-orm/node-postgres/migrator'
import { withReplicas } from 'drizzle-orm/pg-core'
import { books, drizzleLibrary, schema } from '../../support/orms/drizzle.js'
import { testLibrary } from '../../support/orms/scenario.js'
import { countStatements } from '../../support/orms/shop.js'

testLibrary(drizzleLibrary, (bench) => {
  const db = () => drizzle(bench().pool, { schema })
  const nodesOf = (pattern: RegExp) => [...countStatements(bench().cluster, pattern).keys()]

  test('a nested transaction is a savepoint on the same connection', async () => {
    await db().transaction(async (tx) => {
      await tx.update(books).set({ stock: 31 }).where(eq(books.id, 11))
      await tx
        .transaction(async (inner) => {
          await inner.update(books).set({ stock: 32 }).where(eq(books.id, 11))
          inner.rollback()
        })
        .catch(() => undefined)
    })
    const [book] = await db()
      .execute(sql`/* sluice: primary */ select stock from books where id = 11`)
      .then((it) => it.rows)
    assert.deepEqual(book, { stock: 31 })
  })

  test('a transaction that only reads runs on a replica, with the isolation that was asked for', async () => {
    bench().cluster.forgetStatements()
    const level = await db().transaction(async (tx) => (await tx.execute(sql`show transaction_isolation`)).rows[0], {
      isolationLevel: 'repeatable read',
      accessMode: 'read only',
    })
    assert.deepEqual(level, { transaction_isolation: 'repeatable read' })
    assert.match(nodesOf(/^show transaction_isolation/i).join(), /^replica-\d$/)
  })

  test('$primary and the replicas of withReplicas keep their meaning', async () => {
    const { pool, cluster } = bench()
    const both = withReplicas(drizzle(pool.writer, { schema }), [drizzle(pool, { schema })])
    cluster.forgetStatements()
    await both.$primary.select().from(books)
    assert.deepEqual(nodesOf(/books/), ['primary'])
    cluster.forgetStatements()
    await both.select().from(books)
    assert.match(nodesOf(/books/).join(), /^replica-\d$/)
    cluster.forgetStatements()
    await both.select().from(books).for('update')
    assert.deepEqual(nodesOf(/books/), ['primary'])
  })

  test('a prepared statement runs by its name on whichever replica, again and again', async () => {
    const prepared = db()
      .select()
      .from(books)
      .where(eq(books.id, sql.placeholder('id')))
      .prepare('book_by_id')
    for (let id = 1; id <= 8; id++) assert.equal((await prepared.execute({ id }))[0]?.id, id)
  })

  test("a title that is there already is refused with the driver's error", async () => {
    await assert.rejects(
      db().insert(books).values({ title: 'book 1', stock: 1 }),
      (error: DrizzleQueryError) =>
        error instanceof DrizzleQueryError && (error.cause as { code?: string }).code === '23505',
    )
  })

  test('migrations run on the primary', async () => {
    const { cluster } = bench()
    await cluster.primary.admin('grant create on database postgres to app')
    await cluster.primary.admin('grant create on schema public to app')
    const folder = mkdtempSync(join(tmpdir(), 'drizzle-'))
    mkdirSync(join(folder, 'meta'))
    writeFileSync(join(folder, '0000_shelves.sql'), 'create table shelves (id int primary key)')
    const entry = { idx: 0, version: '7', when: 1, tag: '0000_shelves', breakpoints: true }
    writeFileSync(
      join(folder, 'meta/_journal.json'),
      JSON.stringify({ version: '7', dialect: 'postgresql', entries: [entry] }),
    )
    cluster.forgetStatements()
    await migrate(db(), { migrationsFolder: folder })
    await migrate(db(), { migrationsFolder: folder })
    rmSync(folder, { recursive: true })
    assert.deepEqual(nodesOf(/create table shelves/i), ['primary'])
  })
})
