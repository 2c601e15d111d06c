import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { DataTypes, Sequelize, UniqueConstraintError } from 'sequelize'
import { withSession } from '../../../src/index.js'
import { sequelizeOptions } from '../../../src/sequelize.js'
import { clusterAndPool } from '../../support/pool.js'

// As in the tests of an application that stops its own time: sinon, jest, vitest and node:test all put theirs in place
// of the global functions.
test('while the timers of the program stand still, the pool goes on', async (t) => {
  const { cluster, pool } = await clusterAndPool(t, { waitMs: 5000 })
  await cluster.primary.admin('create table notes (id int primary key)')
  await cluster.primary.admin('grant all on notes to app')
  await cluster.primary.admin('grant create on schema public to app')
  await cluster.waitForReplay()
  const db = new Sequelize({ dialect: 'postgres', ...sequelizeOptions(pool), logging: false, pool: { max: 1 } })
  const Book = db.define('timeless_books', { title: { type: DataTypes.TEXT, unique: true } }, { timestamps: false })
  const now = performance.now

  mock.timers.enable({ apis: ['setTimeout', 'setImmediate', 'setInterval'] })
  performance.now = () => 0
  try {
    await withSession(async () => {
      await pool.query('insert into notes values (1)')
      assert.deepEqual((await pool.query('select id from notes')).rows, [{ id: 1 }])
    })
    await assert.rejects(pool.query('insert into notes values (1)'), { code: '23505' })
    const client = await pool.connect()
    await assert.rejects(client.query('select 1/0'), { code: '22012' })
    await client.query('set application_name = mine')
    client.release()
    await pool.transaction((tx) => tx.query('insert into notes values (2)'), { retry: true })
    await Book.sync()
    await Book.create({ title: 'Emma' })
    await assert.rejects(Book.create({ title: 'Emma' }), UniqueConstraintError)
    await Book.create({ title: 'Persuasion' })
  } finally {
    mock.timers.reset()
    performance.now = now
  }
  await db.close()
})
