import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { OperationError, type StopMode, startCluster, type TestCluster, type TestNode } from '../../../src/testing.js'
import { eventually } from '../../support/pool.js'
import { ask, childrenOf, codeOf, connection, countOn, failureOf, isThere, stateOf } from '../../support/servers.js'

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
beforeEach(async () => {
  await ask(primary.url, 'truncate t')
  await cluster.waitForReplay()
})

const insert = (n: number) => ask(primary.url, `insert into t values (${n})`)

const ends: readonly { readonly mode: StopMode; readonly log: RegExp | undefined }[] = [
  { mode: 'fast', log: /received fast shutdown request/ },
  { mode: 'immediate', log: /received immediate shutdown request/ },
  { mode: 'kill', log: undefined },
]
for (const { mode, log } of ends) {
  test(`stop ${mode} ends the server with all its processes and sessions; start brings back what was written`, async (t) => {
    await insert(1)
    const { pid, url } = primary
    const client = await connection(t, url)
    const family = [pid!, ...childrenOf(pid!)]

    await cluster.stop('primary', mode)
    assert.deepEqual(family.filter(isThere), [])
    assert.deepEqual([primary.isRunning, primary.pid], [false, undefined])
    assert.match(primary.log(), log ?? /./)
    await assert.rejects(client.query('select 1'))
    assert.equal(await codeOf(ask(url, 'select 1')), 'ECONNREFUSED')

    await cluster.start('primary')
    assert.deepEqual([primary.url, primary.isRunning], [url, true])
    assert.equal(await countOn(primary), 1)
    await cluster.waitUntilStreaming()
    await insert(2)
    await cluster.waitForReplay()
    assert.equal(await countOn(replica), 2)
  })
}

test('stop of a node that does not run does nothing', async () => {
  await cluster.stop('replica-1')
  await cluster.stop('replica-1', 'kill')
  await cluster.start('replica-1')
  await cluster.waitUntilStreaming()
})

test('restart makes another process at the same address', async () => {
  const { pid, url } = replica
  await cluster.restart('replica-1', 'immediate')
  assert.notEqual(replica.pid, pid)
  assert.equal(replica.url, url)
  await cluster.waitUntilStreaming()
})

test('a node that runs cannot be started, not even while it is starting', async () => {
  await assert.rejects(cluster.start('primary'), {
    name: 'OperationError',
    message: 'start primary: it runs already; stop it first, or restart it',
  })
  await cluster.stop('replica-1')
  const starts = await Promise.allSettled([replica.start(), replica.start()])
  assert.deepEqual(
    starts.map((it) => it.status),
    ['fulfilled', 'rejected'],
  )
  await cluster.waitUntilStreaming()
})

test('a server that ended by itself does not run, and can be started', async () => {
  process.kill(replica.pid!, 'SIGQUIT')
  await eventually(
    () => replica.isRunning,
    (isRunning) => !isRunning,
  )
  assert.equal(await codeOf(ask(replica.url, 'select 1')), 'ECONNREFUSED')
  await cluster.start('replica-1')
  await cluster.waitUntilStreaming()
})

test('a server that does not start says why, with the end of its log', async () => {
  await replica.admin("alter system set shared_preload_libraries = 'not_there'")
  await cluster.stop('replica-1')
  const error = await failureOf(cluster.start('replica-1'))
  assert.ok(error instanceof OperationError)
  assert.match(
    error.message,
    /^start replica-1: it ended with 1; its log ends with:\n(.*\n)*.*could not access file "not_there"/,
  )
  assert.equal(replica.isRunning, false)
  rmSync(join(replica.dataDir, 'postgresql.auto.conf'))
  await cluster.start('replica-1')
  await cluster.waitUntilStreaming()
})

test('a frozen node keeps its connections, takes new ones, and answers nobody until it thaws', async (t) => {
  const client = await connection(t, replica.url)
  await cluster.freeze('replica-1')
  assert.deepEqual([replica.isFrozen, replica.isRunning], [true, true])
  const family = [replica.pid!, ...childrenOf(replica.pid!)]
  // One that was ending has ended: its server, frozen, has not asked after it yet.
  assert.deepEqual(
    family.filter((it) => isThere(it) && stateOf(it) !== 'T'),
    [],
  )

  const old = client.query('select 1 as n')
  const fresh = ask(replica.url, 'select 2 as n')
  await insert(1)
  assert.equal(
    await Promise.race([old, fresh, ask(primary.url, 'select pg_sleep(0.2)').then(() => 'neither')]),
    'neither',
  )

  await cluster.thaw('replica-1')
  assert.deepEqual((await old).rows, [{ n: 1 }])
  assert.deepEqual(await fresh, [{ n: 2 }])
  assert.equal(replica.isFrozen, false)
  await cluster.waitForReplay()
  assert.equal(await countOn(replica), 1)
})

test('a frozen primary holds up its writers, and forgets nothing', async () => {
  await cluster.freeze('primary')
  const write = insert(1)
  assert.equal(await countOn(replica), 0)
  await cluster.thaw('primary')
  await write
  await cluster.waitForReplay()
  assert.equal(await countOn(replica), 1)
})

test('thaw of a node that is not frozen does nothing, and a frozen one can be frozen again', async () => {
  await cluster.thaw('replica-1')
  await cluster.freeze('replica-1')
  await cluster.freeze('replica-1')
  await cluster.thaw('replica-1')
  assert.equal(await countOn(replica), 0)
})

for (const { mode } of ends) {
  test(`a frozen node can be stopped ${mode}, and is not frozen when it starts`, async () => {
    await cluster.freeze('replica-1')
    const family = [replica.pid!, ...childrenOf(replica.pid!)]
    await cluster.stop('replica-1', mode)
    assert.deepEqual(family.filter(isThere), [])
    await cluster.start('replica-1')
    assert.equal(replica.isFrozen, false)
    await cluster.waitUntilStreaming()
  })
}

test('a replica with paused replay shows nothing new until it resumes', async () => {
  await cluster.pauseReplay('replica-1')
  await insert(1)
  await received()
  assert.equal(await countOn(replica), 0)
  await assert.rejects(cluster.waitForReplay({ timeoutMs: 50 }), /replica-1 replays .*: not within 50 ms/)
  await cluster.resumeReplay('replica-1')
  await cluster.waitForReplay()
  assert.equal(await countOn(replica), 1)
})

test('paused replay goes on after a restart', async () => {
  await cluster.pauseReplay('replica-1')
  await insert(1)
  await cluster.restart('replica-1')
  await cluster.waitForReplay()
  assert.equal(await countOn(replica), 1)
})

test('a lagging replica shows each commit when its time has come, and all of them when the lag ends', async () => {
  await cluster.lag('replica-1', 3_600_000)
  await insert(1)
  await received()
  assert.equal(await countOn(replica), 0)
  await cluster.restart('replica-1')
  assert.equal(await countOn(replica), 0)
  await cluster.lag('replica-1', 0)
  await cluster.waitForReplay()
  assert.equal(await countOn(replica), 1)
})

test('a commit shows no earlier than the lag after it, by the clock of the servers', async () => {
  await cluster.lag('replica-1', 400)
  const { at } = (
    await ask<{ at: number }>(
      primary.url,
      'insert into t values (1) returning (extract(epoch from clock_timestamp()) * 1000)::float8 as at',
    )
  )[0]!
  const seen = 'select count(*)::int as n, (extract(epoch from clock_timestamp()) * 1000)::float8 as at from t'
  const rows = await eventually(
    () => ask<{ n: number; at: number }>(replica.url, seen),
    (it) => it[0]?.n === 1,
  )
  assert.ok(rows[0]!.at - at >= 400, `${rows[0]!.at - at} ms`)
  await cluster.lag('replica-1', 0)
})

test('replay pauses in the middle of a lag', async () => {
  await cluster.lag('replica-1', 3_600_000)
  await insert(1)
  await received()
  await cluster.pauseReplay('replica-1')
  await cluster.lag('replica-1', 0)
  assert.equal(await countOn(replica), 0)
  await cluster.resumeReplay('replica-1')
  await cluster.waitForReplay()
  assert.equal(await countOn(replica), 1)
})

test('a node that nobody knows is an error that names those there are', async () => {
  const says = { message: 'find a node: none is called replica-9; there are primary, replica-1' }
  assert.throws(() => cluster.node('replica-9'), says)
  for (const step of ['stop', 'start', 'restart', 'freeze', 'thaw', 'cut', 'heal', 'promote', 'rejoin'] as const)
    await assert.rejects(cluster[step]('replica-9'), says)
  await assert.rejects(cluster.waitForReplay({ nodes: ['replica-9'] }), says)
})

test('what a node cannot do in its state is refused, with what to do about it', async () => {
  for (const refused of [
    () => cluster.pauseReplay('primary'),
    () => cluster.resumeReplay('primary'),
    () => cluster.lag('primary', 1),
  ])
    await assert.rejects(refused(), /^OperationError: .* primary: it is a primary; only a standby replays$/)
  await cluster.freeze('replica-1')
  await assert.rejects(cluster.lag('replica-1', 1), /^OperationError: lag replica-1: it is frozen; thaw it first$/)
  await cluster.stop('replica-1')
  await assert.rejects(
    cluster.pauseReplay('replica-1'),
    /^OperationError: pause replay of replica-1: it does not run; start it first$/,
  )
  await assert.rejects(
    cluster.freeze('replica-1'),
    /^OperationError: freeze replica-1: it does not run; start it first$/,
  )
  await assert.rejects(
    cluster.promote('replica-1'),
    /^OperationError: promote replica-1: it does not run; start it first$/,
  )
  await cluster.start('replica-1')
  await cluster.waitUntilStreaming()
})

test('a time that is none is refused', async () => {
  for (const ms of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31]) {
    const says = new RegExp(`must be a whole number of milliseconds from 0 to 2147483647, found ${ms}$`)
    await assert.rejects(cluster.lag('replica-1', ms), says)
    await assert.rejects(cluster.delay('replica-1', ms), says)
    await assert.rejects(replica.upstream.delay(ms), says)
  }
})

test('a way to stop that is none is refused, and nothing stops', async () => {
  const says = /^OperationError: stop primary: the mode must be fast, immediate, kill, found smart$/
  await assert.rejects(cluster.stop('primary', 'smart' as StopMode), says)
  await assert.rejects(cluster.restart('primary', 'smart' as StopMode), says)
  assert.equal(primary.isRunning, true)
})

/** Resolves when the replica has on its own disk all that the primary has written, whether it shows it or not. */
async function received(): Promise<void> {
  const [row] = await primary.admin<{ at: string }>('select pg_current_wal_lsn()::text as at')
  await eventually(
    () => replica.admin(`select pg_last_wal_receive_lsn() >= '${row!.at}' as done`),
    (rows) => rows[0]?.['done'] === true,
  )
}
