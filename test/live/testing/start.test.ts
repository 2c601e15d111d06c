import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { after, before, test } from 'node:test'
import { startCluster, type TestCluster, type TestNode } from '../../../src/testing.js'
import { ask, childrenOf, codeOf, connection, countOn, userOf } from '../../support/servers.js'

let cluster: TestCluster
before(async () => {
  cluster = await startCluster({ replicas: 2 })
})
after(() => cluster?.stop())

const INVALID_PASSWORD = '28P01'
const INVALID_AUTHORIZATION = '28000'

test('a cluster is a primary and its replicas, each with a name of its own', () => {
  assert.equal(cluster.primary.name, 'primary')
  assert.deepEqual(
    cluster.replicas.map((it) => it.name),
    ['replica-1', 'replica-2'],
  )
  assert.deepEqual(cluster.nodes, [cluster.primary, ...cluster.replicas])
  assert.equal(cluster.node('replica-2'), cluster.replicas[1])
})

test('the primary takes writes, and the replicas stream from it and refuse them', async () => {
  assert.deepEqual(await Promise.all(cluster.nodes.map((it) => it.isPrimary())), [true, false, false])
  const streaming = await cluster.primary.admin('select application_name, state from pg_stat_replication order by 1')
  assert.deepEqual(streaming, [
    { application_name: 'replica-1', state: 'streaming' },
    { application_name: 'replica-2', state: 'streaming' },
  ])
  assert.equal(await codeOf(ask(cluster.replicas[0]!.url, 'create table refused (a int)')), '25006')
})

test('what the application writes to its own database arrives on every replica', async () => {
  await ask(cluster.primary.url, 'create table t (a int)')
  await ask(cluster.primary.url, 'insert into t values (1), (2)')
  await cluster.waitForReplay()
  assert.deepEqual(await Promise.all(cluster.nodes.map(countOn)), [2, 2, 2])
})

test('the application owns its database and is no superuser', async () => {
  const [row] = await ask(
    cluster.primary.url,
    `select current_user, current_database(), pg_get_userbyid(datdba) as owner, rolsuper, rolreplication, rolcreaterole
     from pg_database, pg_roles where datname = current_database() and rolname = current_user`,
  )
  const powers = { rolsuper: false, rolreplication: false, rolcreaterole: false }
  assert.deepEqual(row, { current_user: 'app', current_database: 'app', owner: 'app', ...powers })
  const [admin] = await ask(cluster.primary.adminUrl, 'select rolsuper from pg_roles where rolname = current_user')
  assert.deepEqual(admin, { rolsuper: true })
})

test('the url goes through the gate, and adminUrl past it', () => {
  for (const node of cluster.nodes) {
    assert.equal(Number(new URL(node.url).port), node.port)
    assert.notEqual(Number(new URL(node.adminUrl).port), node.port)
    assert.equal(new URL(node.url).hostname, node.host)
  }
})

test('every replica has a slot of its own, which it uses', async () => {
  const slots = await cluster.primary.admin(
    `select slot_name, active, application_name as by
     from pg_replication_slots join pg_stat_replication on pid = active_pid order by 1`,
  )
  assert.deepEqual(slots, [
    { slot_name: 'replica_1', active: true, by: 'replica-1' },
    { slot_name: 'replica_2', active: true, by: 'replica-2' },
  ])
  assert.deepEqual(await cluster.primary.admin('select count(*)::int as slots from pg_replication_slots'), [
    { slots: 2 },
  ])
})

test('replicas give feedback, so that the primary keeps what their queries need', async () => {
  for (const node of cluster.replicas) {
    assert.deepEqual(await node.admin('show hot_standby_feedback'), [{ hot_standby_feedback: 'on' }])
  }
})

test('everybody needs a password, stored as SCRAM, and nobody is trusted', async () => {
  for (const node of cluster.nodes) {
    const methods = await node.admin<{ method: string }>('select auth_method as method from pg_hba_file_rules')
    assert.deepEqual([...new Set(methods.map((it) => it.method))].sort(), ['reject', 'scram-sha-256'])
    assert.deepEqual(await node.admin('select error from pg_hba_file_rules where error is not null'), [])
  }
  const verifiers = await cluster.primary.admin(
    "select rolname, split_part(rolpassword, '$', 1) as kind from pg_authid where rolcanlogin order by 1",
  )
  const kind = 'SCRAM-SHA-256'
  assert.deepEqual(
    verifiers,
    ['app', 'postgres', 'replicator'].map((rolname) => ({ rolname, kind })),
  )
})

test('a wrong password is refused, on every node and for every role', async () => {
  for (const node of cluster.nodes) {
    for (const user of ['app', 'postgres'])
      assert.equal(await codeOf(ask(as(node, user), 'select 1')), INVALID_PASSWORD)
  }
})

test('replication has a role and a password of its own, which open nothing else', async () => {
  const [settings] = await cluster.replicas[0]!.admin<{ conninfo: string }>(
    "select setting as conninfo from pg_settings where name = 'primary_conninfo'",
  )
  const [, user, password] = /user=(\w+) password=(\w+)/.exec(settings!.conninfo)!
  assert.equal(user, 'replicator')
  const passwords = [cluster.primary.url, cluster.primary.adminUrl].map((it) => new URL(it).password)
  assert.equal(new Set([password, ...passwords]).size, 3)
  assert.equal(await codeOf(ask(as(cluster.primary, user!, password), 'select 1')), INVALID_AUTHORIZATION)
  assert.equal(await codeOf(replicationBy(cluster.primary.url)), INVALID_AUTHORIZATION)
  assert.equal(await codeOf(replicationBy(cluster.primary.adminUrl)), INVALID_AUTHORIZATION)
})

test('a server has nothing open but a port on this machine, and runs as an ordinary user', async () => {
  for (const node of cluster.nodes) {
    const [row] = await node.admin(
      "select current_setting('listen_addresses') as address, current_setting('unix_socket_directories') as sockets",
    )
    assert.deepEqual(row, { address: '127.0.0.1', sockets: '' })
    assert.notEqual(userOf(node.pid!), 0)
    assert.deepEqual(
      childrenOf(node.pid!).filter((it) => userOf(it) === 0),
      [],
    )
  }
})

test('two clusters share no password and no history', async (t) => {
  const other = await startCluster(t, { replicas: 0 })
  const passwordsOf = ({ primary }: TestCluster) => [primary.url, primary.adminUrl].map((it) => new URL(it).password)
  assert.equal(new Set([...passwordsOf(cluster), ...passwordsOf(other)]).size, 4)
  const identityOf = (node: TestNode) => node.admin('select system_identifier from pg_control_system()')
  const own = await identityOf(cluster.primary)
  const theirs = await identityOf(other.primary)
  const replica = await identityOf(cluster.replicas[0]!)
  assert.notDeepEqual(own, theirs)
  assert.deepEqual(own, replica)
})

test('a cluster without replicas is a primary alone', async (t) => {
  const alone = await startCluster(t, { replicas: 0 })
  assert.deepEqual(alone.replicas, [])
  await alone.waitForReplay()
  await alone.waitUntilStreaming()
  assert.deepEqual(await ask(alone.primary.url, 'select 1 as n'), [{ n: 1 }])
})

test('a cluster started with a test ends with it', async (t) => {
  let seen: readonly TestNode[] = []
  await t.test('the test', async (inner) => {
    seen = (await startCluster(inner)).nodes
    assert.equal(seen.length, 2)
    // A client that the test forgot does not hold it up.
    await connection({ after: () => undefined }, seen[0]!.url)
  })
  assertGone(seen)
})

test('a cluster started with a context of Vitest ends with its test', async () => {
  const finished: (() => Promise<void>)[] = []
  const { nodes } = await startCluster({ onTestFinished: (fn) => void finished.push(fn) }, { replicas: 0 })
  assert.equal(nodes[0]?.isRunning, true)
  for (const fn of finished) await fn()
  assertGone(nodes)
})

test('a cluster in "await using" ends with its block, however that ends', async () => {
  let seen: readonly TestNode[] = []
  const block = async () => {
    await using inner = await startCluster({ replicas: 0 })
    seen = inner.nodes
    throw new Error('of the block')
  }
  await assert.rejects(block, /of the block/)
  assertGone(seen)
})

function assertGone(nodes: readonly TestNode[]): void {
  assert.ok(nodes.length > 0)
  assert.deepEqual(
    nodes.map((it) => it.isRunning),
    nodes.map(() => false),
  )
  assert.equal(existsSync(dirname(nodes[0]!.dataDir)), false)
}

/** The node's url with another user, and a wrong password unless one is given. */
function as(node: TestNode, user: string, password = 'wrong'): string {
  return Object.assign(new URL(node.url), { username: user, password }).href
}

/** What a standby does first. */
function replicationBy(url: string): Promise<unknown> {
  return ask(`${url}?replication=true`, 'IDENTIFY_SYSTEM')
}
