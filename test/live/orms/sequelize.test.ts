import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { QueryTypes, Sequelize, Transaction, UniqueConstraintError } from 'sequelize'
import { sequelizeOptions } from '../../../src/sequelize.js'
import { testLibrary } from '../../support/orms/scenario.js'
import { modelsOf, sequelizeLibrary } from '../../support/orms/sequelize.js'
import { countStatements } from '../../support/orms/shop.js'
import { poolOver } from '../../support/pool.js'

testLibrary(sequelizeLibrary, (bench) => {
  let sequelize: Sequelize
  let models: ReturnType<typeof modelsOf>
  const nodesOf = (pattern: RegExp) => [...countStatements(bench().cluster, pattern).keys()]
  const SELECT = { type: QueryTypes.SELECT, plain: true } as const

  before(() => {
    const timezone = '+02:00'
    sequelize = new Sequelize({ dialect: 'postgres', ...sequelizeOptions(bench().pool), logging: false, timezone })
    models = modelsOf(sequelize)
  })
  after(() => sequelize.close())

  test('useMaster reads on the primary', async () => {
    bench().cluster.forgetStatements()
    await models.Book.findAll({ useMaster: true } as never)
    assert.deepEqual(nodesOf(/books/), ['primary'])
  })

  test('what it sets on connect is kept, on whichever node', async () => {
    bench().cluster.forgetStatements()
    assert.deepEqual(await sequelize.query('show timezone', SELECT), { TimeZone: '<+02>-02' })
    assert.match(nodesOf(/^show timezone/).join(), /^replica-\d$/)
    assert.deepEqual(await sequelize.query('show timezone', { ...SELECT, useMaster: true }), {
      TimeZone: '<+02>-02',
    })
    // Another client of the pool sees nothing of it.
    assert.notEqual((await bench().pool.query('show timezone')).rows[0].TimeZone, '<+02>-02')
  })

  test('a transaction has the isolation that was asked for', async () => {
    const isolationLevel = Transaction.ISOLATION_LEVELS.REPEATABLE_READ
    const found = await sequelize.transaction({ isolationLevel }, (transaction) =>
      sequelize.query('show transaction_isolation', { ...SELECT, transaction }),
    )
    assert.deepEqual(found, { transaction_isolation: 'repeatable read' })
  })

  test('raw reads run on a replica when they say that they read, raw writes on the primary', async () => {
    bench().cluster.forgetStatements()
    await sequelize.query('select count(*) from books', SELECT)
    await sequelize.query('update books set stock = 12 where id = 12')
    assert.match(nodesOf(/^select count/).join(), /^replica-\d$/)
    assert.deepEqual(nodesOf(/^update/), ['primary'])
  })

  test("a title that is there already is refused with Sequelize's error", async () => {
    await assert.rejects(models.Book.create({ id: 950, title: 'book 1', stock: 1 }), UniqueConstraintError)
  })

  test('more clients than a node has connections do not starve each other', async () => {
    const pool = poolOver(bench().cluster, { max: 2 })
    const many = new Sequelize({ dialect: 'postgres', ...sequelizeOptions(pool), logging: false, pool: { max: 20 } })
    const { Book } = modelsOf(many)
    for (let round = 0; round < 2; round++) {
      await Promise.all(Array.from({ length: 60 }, (_, id) => Book.findByPk(1 + (id % 20))))
      await Promise.all(Array.from({ length: 20 }, (_, id) => Book.update({ stock: 5 }, { where: { id: 1 + id } })))
    }
    await many.close()
    await pool.end()
  })

  test('sync() creates tables on the primary', async () => {
    const { cluster } = bench()
    await cluster.primary.admin('grant create on schema public to app')
    cluster.forgetStatements()
    await sequelize.define('shelves', {}).sync()
    assert.deepEqual(nodesOf(/create table/i), ['primary'])
  })
})
