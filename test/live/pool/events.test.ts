import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { after, before, describe, test } from 'node:test'
import { inspect } from 'node:util'
import { Pool, type PoolOptions } from '../../../src/pg.js'
import { startCluster, type TestCluster, type TestContext } from '../../../src/testing.js'
import { clusterAndPool, eventually, PATIENT, poolOver } from '../../support/pool.js'

const NAMES = [
  'routed',
  'nodeWentDown',
  'nodeCameUp',
  'nodeChangedRole',
  'statementRetried',
  'readFellBack',
  'statementMisjudged',
  'sessionStateUndone',
  'catalogueFailed',
  'connectionLost',
] as const

type Told = Record<string, unknown> & { readonly event: (typeof NAMES)[number] }

/** Everything the pool tells, and everything the channels do. */
function listen(t: TestContext, pool: Pool): { readonly events: Told[]; readonly published: Told[] } {
  const heard = { events: [] as Told[], published: [] as Told[] }
  for (const event of NAMES) {
    pool.on(event, (message: object) => heard.events.push({ event, ...message }))
    const note = (message: unknown) => heard.published.push({ event, ...(message as object) })
    subscribe(`sluice:${event}`, note)
    t.after(async () => {
      unsubscribe(`sluice:${event}`, note)
    })
  }
  return heard
}

test('everything is told as an event and on its channel, with its reason, and never with a password', async (t) => {
  const { cluster, pool } = await clusterAndPool(t, { primaryReads: 'always' })
  const password = new URL(cluster.primary.url).password
  const heard = listen(t, pool)
  const told = (event: string) => heard.events.find((it) => it.event === event)
  await cluster.primary.admin('create sequence seq')
  await cluster.primary.admin('grant all on sequence seq to app')
  await cluster.primary.admin(
    "create function liar() returns int language plpgsql stable as $$ begin perform nextval('seq'); return 1; end $$",
  )
  await cluster.waitForReplay()
  await pool.query('select 1')
  await eventually(
    () => [pool.route('select liar()')?.because, ...pool.view().nodes.map((it) => it.health.state)],
    ([because, ...states]) => because === 'plain-read' && states.every((it) => it === 'up'),
  )

  await pool.query('select liar()')
  await pool.query("set application_name = 'left'")
  await pool.query({ text: 'select 1', route: { node: 'replica-1' } })
  await Promise.all(Array.from({ length: 4 }, () => pool.query('select pg_sleep(0.01)')))
  await Promise.all(cluster.replicas.map((it) => it.stop('kill')))
  await eventually(async () => {
    await pool.query('select 2 as fallen')
    return told('readFellBack')
  }, Boolean)
  await cluster.start('replica-1')
  await eventually(() => told('nodeCameUp'), Boolean)
  const moved = new Pool({ nodes: [cluster.primary.url, cluster.node('replica-1').url] })
  t.after(() => moved.end())
  const elsewhere = listen(t, moved)
  await moved.query('create table t (a int)')
  await assert.rejects(pool.query({ text: 'select 1', route: { node: 'nowhere' } }), { code: 'ERR_UNKNOWN_NODE' })

  assert.ok(
    heard.events.some((it) => it.event === 'routed' && it['reason'] === 'read' && it['because'] === 'plain-read'),
  )
  assert.deepEqual(told('statementMisjudged')?.['because'], 'plain-read')
  assert.deepEqual(told('sessionStateUndone')?.['what'], ['settings'])
  assert.ok(told('nodeWentDown')?.['cause'] instanceof Error)
  assert.ok((told('nodeWentDown')?.['forMs'] as number) >= 0)
  assert.equal(typeof told('nodeCameUp')?.['downMs'], 'number')
  assert.ok(told('statementRetried')?.['error'] instanceof Error)
  assert.match(
    String(told('statementRetried')?.['because']),
    /refused-by-replica|connection-lost|connect-failed|not-accepting/,
  )
  const refusals = told('readFellBack')?.['refusals'] as { node: string; why: string }[]
  assert.ok(refusals.length >= 2 && refusals.every((it) => it.why !== ''))
  assert.ok(told('connectionLost')?.['error'] instanceof Error)
  const changed = elsewhere.events.filter((it) => it.event === 'nodeChangedRole')
  assert.deepEqual(changed.map((it) => `${it['from']} ${it['to']}`).sort(), ['unknown primary', 'unknown replica'])

  assert.ok(heard.published.length >= heard.events.length)
  for (const event of new Set(heard.events.map((it) => it.event))) {
    assert.ok(
      heard.published.some((it) => it.event === event),
      `${event} was not published`,
    )
  }
  const everything = inspect([heard, elsewhere, pool, pool.writer, pool.view(), pool.stats(), moved], { depth: 12 })
  assert.ok(password.length > 8)
  assert.ok(!everything.includes(password))
  assert.ok(!JSON.stringify(pool.options).includes(password))
})

describe('on one cluster', () => {
  let cluster: TestCluster
  before(async () => {
    cluster = await startCluster({ replicas: 1 })
  })
  after(() => cluster?.stop())

  function open(t: TestContext, options: PoolOptions = {}): Pool {
    const pool = poolOver(cluster, { probe: PATIENT, ...options })
    t.after(() => pool.end())
    return pool
  }

  test('a pool that nobody uses opens no connection', async (t) => {
    const pool = open(t)
    const ask = "select count(*)::int as n from pg_stat_activity where usename = 'app'"
    assert.deepEqual([pool.totalCount, pool.view().nodes[0]?.health.state], [0, 'unknown'])
    assert.equal(pool.route('select 1')?.node, 'replica-1')
    for (const node of cluster.nodes) assert.deepEqual(await node.admin(ask), [{ n: 0 }])
  })

  test('a catalogue that cannot be read is told, and functions stay on the primary', async (t) => {
    const { primary } = cluster
    await primary.admin('create function twice(int) returns int language sql immutable as $$ select $1 * 2 $$')
    await primary.admin('revoke select on pg_catalog.pg_proc from public')
    t.after(async () => {
      await primary.admin('grant select on pg_catalog.pg_proc to public')
    })
    await cluster.waitForReplay()
    const pool = open(t)
    const heard = listen(t, pool)
    await pool.query('select 1')
    const told = await eventually(() => heard.events.find((it) => it.event === 'catalogueFailed'), Boolean)
    const error = told?.['error'] as { code?: string } | undefined
    assert.deepEqual([told?.['node'], error?.code], ['primary', '42501'])
    assert.ok(heard.published.some((it) => it.event === 'catalogueFailed'))
    const route = pool.route('select twice(1)')
    assert.deepEqual([route?.node, route?.because], ['primary', 'unknown-function'])
  })

  test('routes are told only while somebody listens', async (t) => {
    const pool = open(t)
    const seen: unknown[] = []
    const note = (message: unknown) => {
      seen.push(message)
    }
    await pool.query('select 1')
    pool.on('routed', note)
    await pool.query('select 2')
    pool.off('routed', note)
    await pool.query('select 3')
    assert.equal(seen.length, 1)
  })

  test('statistics count by node and by reason', async (t) => {
    const pool = open(t)
    await pool.query('create table t (a int)')
    for (let i = 0; i < 5; i++) await pool.query('select 1')
    await assert.rejects(pool.query('select 1/0'))
    const { nodes, routes, primaryReads } = pool.stats()
    const [primary, replica] = nodes
    assert.deepEqual([routes['read'], routes['write']], [6, 1])
    assert.deepEqual([primary?.node, primary?.served, primary?.failed], ['primary', 1, 0])
    assert.deepEqual([replica?.node, replica?.served, replica?.failed], ['replica-1', 5, 1])
    assert.deepEqual(primaryReads, { inUse: 0, waiting: 0 })
    assert.ok(nodes.every((it) => it.inFlight === 0 && it.connections.total <= 1))
  })
})
