import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, afterEach, before, test } from 'node:test'
import { startCluster, type TestCluster, type TestNode } from '../../../src/testing.js'
import { eventually } from '../../support/pool.js'
import { ask, codeOf, connection, countOn, failureOf } from '../../support/servers.js'

let cluster: TestCluster
let primary: TestNode
let replica: TestNode
before(async () => {
  cluster = await startCluster({ replicas: 1 })
  primary = cluster.primary
  replica = cluster.node('replica-1')
  await ask(primary.url, 'create table t (a int)')
})
after(() => cluster?.stop())
afterEach(async () => {
  await cluster.heal('replica-1')
  await cluster.waitUntilStreaming()
})

const insert = () => primary.admin('insert into t values (1)')
const follows = () => primary.admin('select application_name from pg_stat_replication')
/** On the primary, so that it ends whatever happens to the replica. */
const moment = () => primary.admin('select pg_sleep(0.2)').then(() => 'neither')

test('a network is open, cut or half open', async () => {
  for (const network of [replica.upstream, primary.upstream]) assert.equal(network.state, 'open')
  await replica.upstream.cut()
  assert.equal(replica.upstream.state, 'cut')
  await replica.upstream.halfOpen()
  assert.equal(replica.upstream.state, 'half-open')
  await replica.upstream.heal()
  assert.equal(replica.upstream.state, 'open')
})

test('a cut breaks connections and refuses new ones, until it is healed; the server goes on', async (t) => {
  const client = await connection(t, replica.url)
  const running = failureOf(client.query('select pg_sleep(60)'))
  await cluster.cut('replica-1')
  assert.match(String(await running), /Connection terminated unexpectedly|ECONNRESET/)
  assert.equal(await codeOf(ask(replica.url, 'select 1')), 'ECONNREFUSED')

  await insert()
  await cluster.waitForReplay()
  assert.equal(await countOn(replica), await countOn(primary))

  await cluster.heal('replica-1')
  assert.deepEqual(await ask(replica.url, 'select 1 as n'), [{ n: 1 }])
})

test('through a half-open network nothing passes, and nobody is told', async (t) => {
  const client = await connection(t, replica.url)
  await cluster.halfOpen('replica-1')
  const old = failureOf(client.query('select 1'))
  const fresh = failureOf(ask(replica.url, 'select 1'))
  // New connections open: it is the answer that never comes.
  const socket = connect(replica.port, replica.host)
  await once(socket, 'connect')
  socket.destroy()
  assert.equal(await Promise.race([old, fresh, moment()]), 'neither')

  await cluster.heal('replica-1')
  for (const lost of [old, fresh]) assert.match(String(await lost), /Connection terminated unexpectedly|ECONNRESET/)
  assert.deepEqual(await ask(replica.url, 'select 1 as n'), [{ n: 1 }])
})

test('a half-open network stays so while the server behind it restarts', async () => {
  await cluster.halfOpen('replica-1')
  await cluster.restart('replica-1')
  const fresh = failureOf(ask(replica.url, 'select 1'))
  assert.equal(await Promise.race([fresh, moment()]), 'neither')
  await cluster.heal('replica-1')
  await fresh
})

test('a delayed network passes everything, so much later in each direction, and in order', async (t) => {
  const client = await connection(t, replica.url)
  await cluster.delay('replica-1', 150)
  const from = performance.now()
  const answers: unknown = await client.query('select 1 as n; select 2 as n; select 3 as n')
  assert.ok(performance.now() - from >= 300)
  assert.deepEqual(
    (answers as { rows: unknown[] }[]).flatMap((it) => it.rows),
    [{ n: 1 }, { n: 2 }, { n: 3 }],
  )
})

test('what a delay holds back arrives when the network is healed', async (t) => {
  const client = await connection(t, replica.url)
  await cluster.delay('replica-1', 3_600_000)
  const answer = client.query('select 1 as n')
  assert.equal(await Promise.race([answer, moment()]), 'neither')
  await cluster.heal('replica-1')
  assert.deepEqual((await answer).rows, [{ n: 1 }])
})

test('a large answer passes a delayed network whole', async (t) => {
  const client = await connection(t, replica.url)
  await cluster.delay('replica-1', 5)
  const { rows } = await client.query(
    "select md5(string_agg(body, '')) as sum, string_agg(body, '') as all from (select repeat(n::text, 1000) as body from generate_series(1, 2000) n) as parts",
  )
  const [check] = await replica.admin<{ same: boolean }>('select md5($1) = $2 as same', [rows[0].all, rows[0].sum])
  assert.deepEqual(check, { same: true })
})

test('where no server runs the network refuses, as the server itself would', async () => {
  await cluster.stop('replica-1')
  assert.equal(await codeOf(ask(replica.url, 'select 1')), 'ECONNREFUSED')
  await cluster.start('replica-1')
  assert.deepEqual(await ask(replica.url, 'select 1 as n'), [{ n: 1 }])
})

test('a network that was cut stays so while its server restarts', async () => {
  await cluster.cut('replica-1')
  await cluster.restart('replica-1')
  assert.equal(await codeOf(ask(replica.url, 'select 1')), 'ECONNREFUSED')
})

test('a replica whose upstream is cut stays readable and falls behind, and catches up', async () => {
  await replica.upstream.cut()
  await eventually(follows, (seen) => seen.length === 0)
  await insert()
  assert.ok((await countOn(replica)) < (await countOn(primary)))
  assert.deepEqual(await ask(replica.url, 'select 1 as n'), [{ n: 1 }])
  await replica.upstream.heal()
  await cluster.waitForReplay()
  assert.equal(await countOn(replica), await countOn(primary))
})

test('standbys that do not stream are named, with what their logs say', async () => {
  await replica.upstream.cut()
  await eventually(follows, (seen) => seen.length === 0)
  // The standby tries again every few seconds only, and an older failure may stand in its log already.
  await eventually(
    () => cluster.waitUntilStreaming({ timeoutMs: 50 }).then(() => 'it streams', String),
    (said) =>
      /^OperationError: wait until replica-1 stream: not within 50 ms; last seen: \[\]\nthe log of replica-1 ends with:\n(.*\n)*.*could not connect to the primary/.test(
        said,
      ),
  )
})

test('a half-open upstream is noticed by nobody at first', async () => {
  await replica.upstream.halfOpen()
  await insert()
  await moment()
  assert.ok((await countOn(replica)) < (await countOn(primary)))
  assert.equal((await follows()).length, 1)
  await replica.upstream.heal()
  await cluster.waitForReplay()
  assert.equal(await countOn(replica), await countOn(primary))
})

test('a delayed upstream delays what the replica shows', async () => {
  await replica.upstream.delay(3_600_000)
  await insert()
  await moment()
  assert.ok((await countOn(replica)) < (await countOn(primary)))
  await replica.upstream.heal()
  await cluster.waitForReplay()
  assert.equal(await countOn(replica), await countOn(primary))
})

test('heal of a node heals both of its networks', async () => {
  await replica.cut()
  await replica.upstream.cut()
  await replica.heal()
  assert.equal(replica.upstream.state, 'open')
  assert.deepEqual(await ask(replica.url, 'select 1 as n'), [{ n: 1 }])
})

test('a primary stops cleanly although a standby no longer answers', async (t) => {
  const other = await startCluster(t, { settings: { wal_sender_timeout: '300ms' } })
  await other.node('replica-1').upstream.halfOpen()
  await other.primary.admin('create table t (a int)')
  await other.stop('primary', 'fast')
  assert.match(other.primary.log(), /received fast shutdown request/)
})
