import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  BackendTerminatedError,
  createPool,
  type DatabasePool,
  IdleTransactionTimeoutError,
  sql,
  UniqueIntegrityConstraintViolationError,
} from 'slonik'
import { slonikDriver } from '../../../src/slonik.js'
import { testLibrary } from '../../support/orms/scenario.js'
import { countStatements } from '../../support/orms/shop.js'
import { slonikLibrary } from '../../support/orms/slonik.js'
import { eventually, poolOver } from '../../support/pool.js'

testLibrary(slonikLibrary, (bench) => {
  let db: DatabasePool
  const nodesOf = (pattern: RegExp) => [...countStatements(bench().cluster, pattern).keys()]

  before(async () => {
    db = await createPool('postgres://', { driverFactory: slonikDriver(bench().pool) })
  })
  after(() => db.end())

  test('types are read as Slonik reads them, arrays too', async () => {
    const row = await db.one(
      sql.unsafe`select '2026-01-02T03:04:05Z'::timestamptz as at, 9::int8 as big, array[1, 2]::int8[] as bigs, 'x' as text`,
    )
    assert.deepEqual({ ...row }, { at: Date.parse('2026-01-02T03:04:05Z'), big: 9n, bigs: [1n, 2n], text: 'x' })
  })

  test('a nested transaction is a savepoint', async () => {
    await db.transaction(async (tx) => {
      await tx.query(sql.unsafe`update books set stock = 31 where id = 11`)
      const inner = tx.transaction(async (it) => {
        await it.query(sql.unsafe`update books set stock = 32 where id = 11`)
        throw new Error('never mind')
      })
      await assert.rejects(inner, /never mind/)
    })
    const row = await db.one(sql.unsafe`/* sluice: primary */ select stock from books where id = 11`)
    assert.equal(row.stock, 31)
  })

  test('rows stream from a replica, each with the fields of all', async () => {
    bench().cluster.forgetStatements()
    const titles: string[] = []
    await db.stream(sql.unsafe`select title, stock from books`, (stream) => {
      stream.on('data', ({ data, fields }) => {
        titles.push((data as { title: string }).title)
        assert.deepEqual(
          fields.map((it) => it.name),
          ['title', 'stock'],
        )
      })
    })
    assert.equal(titles.length, 20)
    assert.match(nodesOf(/from books/).join(), /^replica-\d$/)
  })

  test('a stream that fails tells why, and gives its connection back', async () => {
    const { pool } = bench()
    await assert.rejects(db.stream(sql.unsafe`select 1 / (id - 5) from books order by id`, (it) => void it.resume()))
    await eventually(
      () => pool.totalCount - pool.idleCount,
      (out) => out === 0,
    )
  })

  test('end() ends what still runs after its patience', async () => {
    const impatient = await createPool('postgres://', {
      driverFactory: slonikDriver(bench().pool),
      gracefulTerminationTimeout: 50,
    })
    const slow = assert.rejects(impatient.query(sql.unsafe`select pg_sleep(2)`), BackendTerminatedError)
    await impatient.end()
    await slow
  })

  test('a transaction that is idle for too long is told so', async () => {
    const pool = poolOver(bench().cluster, { idle_in_transaction_session_timeout: 100 })
    const strict = await createPool('postgres://', { driverFactory: slonikDriver(pool) })
    const idle = strict.transaction(async () => {
      await new Promise((resolve) => setTimeout(resolve, 5000).unref())
    })
    await assert.rejects(idle, IdleTransactionTimeoutError)
    await strict.end()
    await pool.end()
  })

  test("a title that is there already is refused with Slonik's error", async () => {
    const insert = db.query(sql.unsafe`insert into books (title, stock) values ('book 1', 1)`)
    await assert.rejects(insert, UniqueIntegrityConstraintViolationError)
  })
})
