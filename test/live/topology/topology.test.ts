import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Pool, type PoolOptions } from '../../../src/pg.js'
import { startCluster, type TestCluster, type TestNode } from '../../../src/testing.js'
import { type FindNodes, standbys, type Topology, type TopologyNode } from '../../../src/topology.js'
import { eventually, next } from '../../support/pool.js'

let cluster: TestCluster

before(async () => {
  cluster = await startCluster({ replicas: 2 })
})
after(() => cluster?.stop())

function placeOf(node: TestNode): TopologyNode {
  return { name: node.name, host: '127.0.0.1', port: node.port }
}

/** As an application would write it: who and which database, and nothing of where. */
function poolWith(topology: Topology | FindNodes, options: PoolOptions = {}): Pool {
  const { username: user, password, pathname } = new URL(cluster.primary.url)
  const database = pathname.slice(1)
  return new Pool({ user, password, database, topology, probe: { everyMs: 200 }, ...options })
}

function names(pool: Pool): string[] {
  return pool.view().nodes.map((it) => `${it.name} ${it.health.state} ${it.role}`)
}

describe('nodes of a function', () => {
  test('are found by the first statement, come and go while the pool runs, and finish what they have', async (t) => {
    let known: readonly TestNode[] = [cluster.primary, cluster.replicas[0] as TestNode]
    const pool = poolWith(async () => known.map(placeOf))
    t.after(() => pool.end())
    await pool.query('create table visits (n int)')
    await cluster.waitForReplay()
    assert.deepEqual(names(pool).sort(), ['primary up primary', 'replica-1 up replica'])

    const client = await pool.connect()
    await client.query('begin read only')
    await client.query('select * from visits')
    const added = next(pool, 'nodeAdded')
    known = [cluster.primary, cluster.replicas[1] as TestNode]
    assert.equal((await added)['node'], 'replica-2')
    await eventually(
      () => names(pool),
      (it) => it.includes('replica-1 draining replica') && it.includes('replica-2 up replica'),
    )
    cluster.forgetStatements()
    await Promise.all(Array.from({ length: 20 }, () => pool.query('select 1 as moved')))
    assert.deepEqual(await cluster.nodesThatRan('select 1 as moved'), ['replica-2'])
    const removed = next(pool, 'nodeRemoved')
    await client.query('select * from visits')
    await client.query('commit')
    client.release()
    assert.equal((await removed)['node'], 'replica-1')
    assert.deepEqual(names(pool).sort(), ['primary up primary', 'replica-2 up replica'])
  })

  test('stay as they are known when it fails, which is told once, or names none', async (t) => {
    let answer: () => readonly TopologyNode[] = () => cluster.nodes.map(placeOf)
    const pool = poolWith({ name: 'mine', id: 'mine', everyMs: 20, find: async () => answer() })
    t.after(() => pool.end())
    await pool.query('select 1')
    const told: Error[] = []
    pool.on('topologyFailed', ({ error }) => told.push(error))
    let asked = 0
    answer = () => {
      asked++
      return []
    }
    await eventually(
      () => asked,
      (it) => it > 3,
    )
    answer = () => {
      throw new Error('the store is away')
    }
    await pool.query('select 1')
    assert.deepEqual(
      told.map((it) => it.message),
      ['mine names no node'],
    )
    assert.equal(pool.view().nodes.length, 3)
  })

  test('that cannot be had at all are an error that says why', async (t) => {
    const pool = poolWith(() => Promise.reject(new Error('the store is away')), { acquireTimeoutMs: 500 })
    t.after(() => pool.end())
    const failed = next(pool, 'topologyFailed')
    await assert.rejects(pool.query('select 1'), { code: 'ERR_NO_REPLICA' })
    assert.equal(((await failed)['error'] as Error).message, 'the store is away')
  })

  test('read or not, and weigh, as it says', async (t) => {
    const [one, two] = cluster.replicas as [TestNode, TestNode]
    const pool = poolWith(async () => [
      placeOf(cluster.primary),
      { ...placeOf(one), takesReads: false },
      { ...placeOf(two), weight: 3, zone: 'here' },
    ])
    t.after(() => pool.end())
    await pool.query('select 1')
    cluster.forgetStatements()
    await Promise.all(Array.from({ length: 20 }, () => pool.query('select 1 as weighed')))
    assert.deepEqual(await cluster.nodesThatRan('select 1 as weighed'), ['replica-2'])
    const its = pool.view().nodes.find((it) => it.name === 'replica-2')
    assert.deepEqual([its?.weight, its?.zone], [3, 'here'])
  })
})

test('one that comes to others gets little at first', async (t) => {
  const [one, two] = cluster.replicas as [TestNode, TestNode]
  let known = [cluster.primary, one]
  const pool = poolWith(async () => known.map(placeOf), { slowStartMs: 600, balancer: 'round-robin' })
  t.after(() => pool.end())
  await pool.query('select 1')
  known = [...known, two]
  const weights: number[] = []
  await eventually(
    () => {
      const its = pool.view().nodes.find((it) => it.name === 'replica-2')
      if (its?.health.state === 'up') weights.push(its.weight)
      return weights.at(-1)
    },
    (it) => it === 1,
  )
  assert.equal(weights[0], 0.1)
  assert.deepEqual([...weights].sort(), weights)
})

describe('the standbys of the primary', () => {
  const byName = (find: (name: string) => TestNode | undefined) =>
    standbys({
      everyMs: 50,
      nodeOf: ({ applicationName }) => {
        const node = find(applicationName.replaceAll('_', '-'))
        return node && placeOf(node)
      },
    })

  test('are found from one URL', async (t) => {
    const url = new URL(cluster.primary.url)
    const admin = new URL(cluster.primary.adminUrl)
    const pool = new Pool({
      connectionString: admin.href.replace(admin.pathname, url.pathname),
      topology: byName((name) => cluster.replicas.find((it) => it.name === name)),
    })
    t.after(() => pool.end())
    await pool.query('select 1')
    await eventually(
      () => names(pool),
      (it) => it.length === 3 && it.every((name) => name.includes(' up ')),
    )
    cluster.forgetStatements()
    await Promise.all(Array.from({ length: 20 }, () => pool.query('select 1 as found')))
    assert.ok(!(await cluster.nodesThatRan('select 1 as found')).includes('primary'))
  })

  test('are not told to everybody, and the error says who may ask', async (t) => {
    const pool = new Pool({ connectionString: cluster.primary.url, topology: byName(() => undefined) })
    t.after(() => pool.end())
    const failed = next(pool, 'topologyFailed')
    await pool.query('select 1')
    assert.match(((await failed)['error'] as Error).message, /grant pg_monitor/)
  })
})
