import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { after, before, test } from 'node:test'
import pg from 'pg'
import { ChoiceOverError } from '../../src/base/errors.js'
import { judgeSqlState } from '../../src/dialect/postgresql/errors.js'
import { watchConnections } from '../../src/driver/pg/connection-watch.js'
import { judgeError, markNotSent } from '../../src/driver/pg/judge.js'
import type { PgClientClass } from '../../src/driver/pg/pg-types.js'
import { startCluster, type TestCluster } from '../../src/testing.js'

/** Where `pg` gives no code, its text is matched: here each text comes from `pg` itself. */
let cluster: TestCluster
before(async () => {
  cluster = await startCluster({ replicas: 1 })
})
after(() => cluster?.stop())

const judge = (error: unknown) => judgeError(error, judgeSqlState)

async function failureOf(work: Promise<unknown>): Promise<Error> {
  return work.then(
    () => assert.fail('it did not fail'),
    (error: Error) => error,
  )
}

test('a pool whose connections are all busy is exhausted, and its node is well', async (t) => {
  const pool = new pg.Pool({ connectionString: cluster.primary.url, max: 1 })
  t.after(() => pool.end())
  const client = await pool.connect()
  pool.options.connectionTimeoutMillis = 50
  const error = await failureOf(pool.connect())
  client.release()
  assert.deepEqual(judge(markNotSent(error)), { failure: 'pool-exhausted', outcome: 'not-sent' })
})

test('a server that never answers a new connection could not be connected to', async (t) => {
  const server = createServer(() => undefined).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const { port } = server.address() as { port: number }
  const pool = new pg.Pool({ host: '127.0.0.1', port, connectionTimeoutMillis: 50 })
  const error = await failureOf(pool.connect())
  assert.deepEqual(judge(markNotSent(error)), { failure: 'connect-failed', outcome: 'not-sent' })
  await pool.end()
})

test('a connection cut under a statement is lost, and nobody knows what became of the statement', async () => {
  const client = new pg.Client(cluster.primary.url)
  client.on('error', () => undefined)
  await client.connect()
  const running = failureOf(client.query('select pg_sleep(30)'))
  cluster.cut('primary')
  const error = await running
  cluster.heal('primary')
  assert.deepEqual(judge(error), { failure: 'connection-lost', outcome: 'unknown' })
  const later = await failureOf(client.query('select 1'))
  assert.deepEqual(judge(later), { failure: 'connection-lost', outcome: 'unknown' })
})

test('a server that crashes under a statement loses it', async () => {
  const client = new pg.Client(cluster.replicas[0]?.url)
  client.on('error', () => undefined)
  await client.connect()
  const running = failureOf(client.query('select pg_sleep(30)'))
  await cluster.stop('replica-1', 'immediate')
  assert.equal(judge(await running).failure, 'connection-lost')
  const refused = await failureOf(new pg.Client(cluster.replicas[0]?.adminUrl).connect())
  assert.deepEqual(judge(markNotSent(refused)), { failure: 'connect-failed', outcome: 'not-sent' })
  await cluster.start('replica-1')
})

test('a wrong password is a mistake in the configuration', async () => {
  const url = new URL(cluster.primary.url)
  url.password = 'wrong'
  const error = await failureOf(new pg.Client(url.href).connect())
  assert.deepEqual(judge(markNotSent(error)), { failure: 'misconfigured', outcome: 'not-sent' })
})

test('a write on a standby is refused as by a replica, and was not executed', async () => {
  const client = new pg.Client(cluster.replicas[0]?.url)
  await client.connect()
  const error = await failureOf(client.query('create table nothing (a int)'))
  await client.end()
  assert.deepEqual(judge(error), { failure: 'refused-by-replica', outcome: 'refused' })
})

test('a connection that breaks while nobody listens ends no process', () => {
  const { Client } = watchConnections(pg.Client as unknown as PgClientClass, () => undefined)
  assert.doesNotThrow(() => new Client({}).emit('error', new Error('terminating connection')))
})

test('a choice that no longer holds says nothing against the node, and nothing was sent', () => {
  const error = new ChoiceOverError('replica-1', 'replica-1 may show less than when it was chosen; nothing was sent')
  assert.deepEqual(judge(error), { failure: 'choice-over', outcome: 'not-sent' })
})
