import assert from 'node:assert/strict'
import { after, before, type TestContext, test } from 'node:test'
import { startCluster, type TestCluster } from '../../../src/testing.js'
import { need } from '../../support/need.js'
import { eventually } from '../../support/pool.js'
import { installedWith, notingPrograms, ownCache, type Programs } from '../../support/programs.js'
import { ask, codeOf, countOn } from '../../support/servers.js'

/** Two clusters that differ in one program: with it an old primary is wound back, without it copied anew. */
const withRewind = await installedWith('pg_rewind')
let programs: Programs
const leaveCache = ownCache()
before(async () => {
  programs = await notingPrograms()
})
after(() => {
  programs?.remove()
  leaveCache()
})

const insert = (cluster: TestCluster) => ask(cluster.primary.url, 'insert into t values (1)')

async function clusterWithTable(t: TestContext, replicas: number, binDir = programs.binDir): Promise<TestCluster> {
  const cluster = await startCluster(t, { replicas, binDir })
  await ask(cluster.primary.url, 'create table t (a int)')
  await insert(cluster)
  await cluster.waitForReplay()
  return cluster
}

async function counts(cluster: TestCluster): Promise<Record<string, number>> {
  await cluster.waitForReplay()
  const seen = await Promise.all(cluster.nodes.map(async (it) => [it.name, await countOn(it)] as const))
  return Object.fromEntries(seen)
}

test('a promoted node takes writes, the others follow it, and every node keeps its name and address', async (t) => {
  const cluster = await clusterWithTable(t, 2)
  const urls = cluster.nodes.map((it) => it.url)
  await cluster.stop('primary', 'kill')
  await cluster.promote('replica-1')

  assert.equal(cluster.primary, cluster.node('replica-1'))
  assert.deepEqual(
    cluster.replicas.map((it) => it.name),
    ['primary', 'replica-2'],
  )
  assert.deepEqual(
    cluster.nodes.map((it) => it.url),
    urls,
  )
  assert.equal(await cluster.primary.isPrimary(), true)
  await insert(cluster)
  await cluster.waitUntilStreaming()
  await cluster.waitForReplay()
  assert.equal(await countOn(cluster.node('replica-2')), 2)
  const slots = await cluster.primary.admin('select slot_name, active from pg_replication_slots')
  assert.deepEqual(slots, [{ slot_name: 'replica_2', active: true }])
})

test('a node that is down or cut off while another is promoted follows it when it is back', async (t) => {
  const cluster = await clusterWithTable(t, 3)
  await cluster.stop('replica-2')
  await cluster.node('replica-3').upstream.cut()
  await cluster.stop('primary', 'immediate')
  await cluster.promote('replica-1')
  await insert(cluster)
  await cluster.start('replica-2')
  await cluster.heal('replica-3')
  await cluster.waitUntilStreaming()
  await cluster.rejoin('primary')
  assert.deepEqual(await counts(cluster), { primary: 2, 'replica-1': 2, 'replica-2': 2, 'replica-3': 2 })
})

test('a standby that has more than the promoted one comes back by rejoin, without it', async (t) => {
  const cluster = await clusterWithTable(t, 2)
  await cluster.node('replica-1').upstream.cut()
  await insert(cluster)
  await cluster.waitForReplay({ nodes: ['replica-2'] })
  await cluster.stop('primary', 'kill')
  await cluster.promote('replica-1')
  await cluster.rejoin('replica-2')
  await cluster.waitForReplay()
  assert.equal(await countOn(cluster.node('replica-2')), 1)
})

test('with follow none the others stay with the old primary, which may still run', async (t) => {
  const cluster = await clusterWithTable(t, 2)
  const old = cluster.primary
  await cluster.promote('replica-1', { follow: 'none' })
  assert.deepEqual([await old.isPrimary(), await cluster.primary.isPrimary()], [true, true])
  await ask(old.url, 'insert into t values (1), (1)')
  assert.deepEqual(await old.admin('select application_name from pg_stat_replication'), [
    { application_name: 'replica-2' },
  ])
  assert.equal(await countOn(cluster.primary), 1)
})

test('what cannot be promoted or rejoined is refused, with the reason', async (t) => {
  const cluster = await clusterWithTable(t, 1)
  await assert.rejects(cluster.promote('primary'), /^OperationError: promote primary: it is a primary$/)
  await assert.rejects(cluster.rejoin('primary'), /^OperationError: rejoin primary: it is the primary$/)
  await cluster.freeze('replica-1')
  await assert.rejects(cluster.promote('replica-1'), /^OperationError: promote replica-1: it is frozen; thaw it first$/)
  await cluster.thaw('replica-1')
  await cluster.stop('primary')
  await assert.rejects(
    cluster.rejoin('replica-1'),
    /^OperationError: rejoin replica-1 to primary: it does not run; start it first$/,
  )
  await cluster.promote('replica-1')
  await cluster.start('primary')
  await assert.rejects(cluster.promote('primary'), /^OperationError: promote primary: it is a primary$/)
})

test('a paused or lagging node that is promoted shows all that it had received', async (t) => {
  const cluster = await clusterWithTable(t, 1)
  await cluster.lag('replica-1', 3_600_000)
  await insert(cluster)
  const received = 'select pg_last_wal_receive_lsn() >= $1 as done'
  const [row] = await cluster.primary.admin<{ at: string }>('select pg_current_wal_lsn()::text as at')
  await eventually(
    () => cluster.node('replica-1').admin(received, [row!.at]),
    (rows) => rows[0]?.['done'] === true,
  )
  await cluster.stop('primary', 'kill')
  await cluster.promote('replica-1')
  assert.equal(await countOn(cluster.primary), 2)
})

const ways = [
  { was: 'was shut down', mode: 'fast' },
  { was: 'crashed', mode: 'immediate' },
  { was: 'was killed', mode: 'kill' },
  { was: 'still runs', mode: undefined },
] as const

/** The two nodes take turns: each old primary has something that nobody else has, and comes back without it. */
async function comesBackEveryWay(t: TestContext, binDir: string): Promise<void> {
  const cluster = await clusterWithTable(t, 1, binDir)
  let rows = 1
  for (const { was, mode } of ways) {
    await t.test(`an old primary that ${was} comes back as a standby, without what only it had`, async () => {
      const old = cluster.primary
      await cluster.promote(cluster.replicas[0]!.name)
      await old.admin('insert into t values (7), (7), (7), (7)')
      await insert(cluster)
      if (mode !== undefined) await old.stop(mode)
      await cluster.rejoin(old.name)
      await insert(cluster)
      rows += 2
      assert.deepEqual(await counts(cluster), { primary: rows, 'replica-1': rows })
      await assertIsOrdinaryStandby(cluster)
    })
  }
}

test('without pg_rewind an old primary is copied anew', async (t) => {
  programs.forget()
  await comesBackEveryWay(t, programs.binDir)
  assert.deepEqual(
    programs.calls().filter((it) => /rewind|basebackup/.test(it)),
    [],
  )
})

const part = { suite: 'rejoin by pg_rewind', what: 'PostgreSQL with pg_rewind (Debian package postgresql-15)' }

test('with pg_rewind an old primary is wound back', need({ ...part, isThere: withRewind !== undefined }), async (t) => {
  const wound = await notingPrograms({ of: withRewind!, names: ['postgres', 'initdb', 'pg_rewind'] })
  t.after(wound.remove)
  await comesBackEveryWay(t, wound.binDir)
  assert.equal(wound.calls().filter((it) => /^pg_rewind -D .* --source-server=/.test(it)).length, ways.length)
})

test('a standby that fell too far behind comes back, with a slot that serves again', async (t) => {
  const settings = { max_slot_wal_keep_size: '4MB', wal_keep_size: '0', max_wal_size: '4MB', min_wal_size: '2MB' }
  const cluster = await startCluster(t, { settings })
  await ask(cluster.primary.url, 'create table t (a int)')
  await cluster.stop('replica-1')
  await cluster.primary.admin("create table filler as select repeat('x', 1000) as x from generate_series(1, 16000)")
  await cluster.primary.admin('checkpoint')
  const slots = 'select slot_name, wal_status from pg_replication_slots'
  assert.deepEqual(await cluster.primary.admin(slots), [{ slot_name: 'replica_1', wal_status: 'lost' }])
  await insert(cluster)
  await cluster.rejoin('replica-1')
  assert.deepEqual(await counts(cluster), { primary: 1, 'replica-1': 1 })
  await assertIsOrdinaryStandby(cluster)
})

async function assertIsOrdinaryStandby(cluster: TestCluster): Promise<void> {
  const [standby] = cluster.replicas
  assert.equal(await standby!.isPrimary(), false)
  assert.equal(await codeOf(ask(standby!.url, 'insert into t values (1)')), '25006')
  assert.deepEqual(await standby!.admin('show cluster_name'), [{ cluster_name: standby!.name }])
  assert.deepEqual(await standby!.admin('select slot_name from pg_replication_slots'), [])
  const [slot] = await cluster.primary.admin('select slot_name, active from pg_replication_slots')
  assert.deepEqual(slot, { slot_name: standby!.name.replace('-', '_'), active: true })
}
