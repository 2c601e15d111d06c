import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import type { Pool } from '../../../src/pg.js'
import { startCluster, type TestCluster } from '../../../src/testing.js'
import { eventually, next, PATIENT, poolOver } from '../../support/pool.js'

/** Functions that lie: declared to read, they do what a standby refuses, each with another code. */
const LIARS = [
  ['25006', 'writes', "perform nextval('numbers')"],
  ['0A000', 'reads_unlogged', 'perform count(*) from scratch'],
  ['55000', 'asks_the_primary', 'perform pg_current_wal_lsn()'],
  ['XX000', 'makes_an_object', 'perform lo_create(0)'],
] as const

let cluster: TestCluster
let pool: Pool

before(async () => {
  cluster = await startCluster({ replicas: 1 })
  await cluster.primary.admin('create sequence numbers')
  await cluster.primary.admin('create unlogged table scratch (a int)')
  await cluster.primary.admin('grant all on sequence numbers to app')
  await cluster.primary.admin('grant all on scratch to app')
  for (const [, name, body] of LIARS) {
    await cluster.primary.admin(
      `create function ${name}() returns int stable language plpgsql as $$ begin ${body}; return 1; end $$`,
    )
  }
  await cluster.waitForReplay()
  pool = poolOver(cluster, { probe: PATIENT })
  await pool.query('select 1')
  await eventually(
    () => pool.route('select writes()')?.because,
    (because) => because === 'plain-read',
  )
})

after(async () => {
  await pool?.end()
  await cluster?.stop()
})

beforeEach(() => cluster.forgetStatements())

for (const [code, name] of LIARS) {
  test(`a read that a replica refuses with ${code} runs on the primary, and always there from then on`, async () => {
    const misjudged = next(pool, 'statementMisjudged')
    assert.deepEqual((await pool.query(`select ${name}() as n`)).rows, [{ n: 1 }])
    assert.equal((await misjudged)['node'], 'replica-1')
    assert.equal(pool.route(`select ${name}() as n`)?.because, 'refused-before')

    cluster.forgetStatements()
    await pool.query(`select ${name}() as n`)
    assert.deepEqual(await cluster.nodesThatRan(`select ${name}() as n`), ['primary'])
  })

  test(`the same with ${code} in a client that is checked out`, async () => {
    const client = await pool.connect()
    assert.deepEqual((await client.query(`select ${name}() + 1 as n`)).rows, [{ n: 2 }])
    client.release()
  })
}

test('inside a transaction on a replica the refusal is told: nothing else would be the same transaction', async () => {
  const client = await pool.connect()
  await client.query('begin read only')
  await assert.rejects(client.query('select writes() + 2 as n'), { code: '25006' })
  await client.query('rollback')
  client.release()
})

test('a replica that has not replayed yet what made a table does not matter: the primary reads it until then', async () => {
  await cluster.pauseReplay('replica-1')
  await cluster.primary.admin('create table newer (a int)')
  await cluster.primary.admin('grant select on newer to app')
  const retried = next(pool, 'statementRetried')
  assert.deepEqual((await pool.query('select a from newer')).rows, [])
  assert.equal((await retried)['because'], 'not-there-yet')
  // The replica logs it too, as it refuses it.
  assert.deepEqual(await cluster.nodesThatRan('select a from newer'), ['primary', 'replica-1'])

  await cluster.resumeReplay('replica-1')
  await cluster.waitForReplay()
  cluster.forgetStatements()
  await eventually(
    () => pool.query('select a from newer').then(() => cluster.nodesThatRan('select a from newer')),
    (nodes) => nodes.includes('replica-1'),
  )
})

test('a table that is nowhere is told in the words of the primary', async () => {
  await assert.rejects(pool.query('select * from nowhere'), { code: '42P01' })
  await assert.rejects(pool.query('select nowhere from books_of_nobody'), { code: '42P01' })
})
