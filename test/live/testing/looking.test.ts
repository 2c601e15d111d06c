import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import Cursor from 'pg-cursor'
import { startCluster, type TestCluster } from '../../../src/testing.js'
import { ask, connection, countOn } from '../../support/servers.js'

let cluster: TestCluster
before(async () => {
  cluster = await startCluster({ replicas: 2 })
})
after(() => cluster?.stop())
beforeEach(() => cluster.forgetStatements())

test("a new cluster has no statements: what set it up is not the application's", async (t) => {
  const fresh = await startCluster(t, { replicas: 0 })
  assert.deepEqual(fresh.primary.statements(), [])
})

test('the servers say which of them ran a text, whatever its role', async () => {
  await ask(cluster.node('replica-2').url, 'select 1 as here')
  await ask(cluster.primary.url, 'select 1 as here')
  assert.deepEqual(await cluster.nodesThatRan('select 1 as here'), ['primary', 'replica-2'])
  assert.deepEqual(await cluster.nodesThatRan('select 1 as her'), [])
})

test('forgetStatements forgets what ran before, and no more', async () => {
  await ask(cluster.primary.url, 'select 1')
  cluster.forgetStatements()
  assert.deepEqual(await cluster.nodesThatRan('select 1'), [])
  await ask(cluster.primary.url, 'select 2')
  assert.deepEqual(cluster.primary.statements(), ['select 2'])
})

test('statements are the texts that were sent, in order, byte for byte', async (t) => {
  const client = await connection(t, cluster.primary.url)
  const texts = [
    'select 1;select 2',
    ' select  3 ',
    'select 4 -- a comment\n, 5\n\n\t, 6\n',
    "select 'ünï ✓ \\ %s %m @123@ LOG:  statement: select 9'",
    'select 7\r\n, 8',
    `select '${'x'.repeat(70_000)}' as long`,
  ]
  for (const text of texts) await client.query(text)
  assert.deepEqual(cluster.primary.statements(), texts)
})

test('a text with parameters stands as it was sent, each time it ran', async (t) => {
  const client = await connection(t, cluster.primary.url)
  for (const n of [1, 2]) await client.query('select $1::int as n', [n])
  for (const n of [1, 2]) await client.query({ name: 'named', text: 'select $1::text as t', values: [n] })
  assert.deepEqual(cluster.primary.statements(), [
    ...Array(2).fill('select $1::int as n'),
    ...Array(2).fill('select $1::text as t'),
  ])
})

test('a cursor ran its text once, however often it was read', async (t) => {
  const client = await connection(t, cluster.primary.url)
  const cursor = client.query(new Cursor('select generate_series(1, $1::int) as n', [5]))
  assert.equal((await cursor.read(2)).length, 2)
  assert.equal((await cursor.read(2)).length, 2)
  await cursor.close()
  assert.deepEqual(cluster.primary.statements(), ['select generate_series(1, $1::int) as n'])
})

test('a statement that failed was run all the same', async () => {
  await assert.rejects(ask(cluster.primary.url, 'select 1/0'))
  assert.deepEqual(await cluster.nodesThatRan('select 1/0'), ['primary'])
})

test('what the superuser asks through admin is no statement', async () => {
  await cluster.primary.admin('select 1 as admin')
  assert.deepEqual(await cluster.nodesThatRan('select 1 as admin'), [])
})

test('the statements of a node that is frozen or down can be looked at', async () => {
  await ask(cluster.node('replica-1').url, 'select 1 as before')
  await cluster.freeze('replica-1')
  assert.deepEqual(await cluster.nodesThatRan('select 1 as before'), ['replica-1'])
  await cluster.stop('replica-1', 'kill')
  assert.deepEqual(await cluster.nodesThatRan('select 1 as before'), ['replica-1'])
  await cluster.start('replica-1')
  await ask(cluster.node('replica-1').url, 'select 1 as before')
  assert.deepEqual(cluster.node('replica-1').statements(), Array(2).fill('select 1 as before'))
})

test('log is the end of what the server itself wrote', async () => {
  await assert.rejects(ask(cluster.primary.url, 'select 1 from not_there'))
  assert.match(cluster.primary.log(), /ERROR: {2}relation "not_there" does not exist/)
  assert.equal(cluster.primary.log(2).split('\n').length, 2)
})

test('waitForReplay resolves when every standby shows what the primary has written', async () => {
  await ask(cluster.primary.url, 'create table t (a int)')
  for (let n = 1; n <= 5; n++) {
    await ask(cluster.primary.url, 'insert into t select generate_series(1, 100)')
    await cluster.waitForReplay()
    assert.deepEqual(await Promise.all(cluster.replicas.map(countOn)), [n * 100, n * 100])
  }
})

test('waitForReplay waits for nobody who is frozen or down, unless it is named', async () => {
  await cluster.freeze('replica-1')
  await cluster.stop('replica-2')
  await cluster.primary.admin('create table late (a int)')
  await cluster.waitForReplay()
  await cluster.thaw('replica-1')
  await cluster.waitForReplay({ nodes: ['replica-1'] })
  await cluster.node('replica-1').admin('select from late')
  await assert.rejects(
    cluster.waitForReplay({ nodes: ['replica-2'], timeoutMs: 50 }),
    /^OperationError: wait for replica-2: it does not run; start it first$/,
  )
  await cluster.start('replica-2')
  await cluster.waitForReplay()
})
