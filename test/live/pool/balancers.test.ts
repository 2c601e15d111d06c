import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { type NodeView, withSession } from '../../../src/index.js'
import { Pool, type PoolOptions } from '../../../src/pg.js'
import { startCluster, type TestCluster, type TestContext } from '../../../src/testing.js'
import { eventually, PATIENT } from '../../support/pool.js'

let cluster: TestCluster

before(async () => {
  cluster = await startCluster({ replicas: 2 })
  await cluster.primary.admin('create table notes (id int)')
  await cluster.primary.admin('grant all on notes to app')
  await cluster.waitForReplay()
})

after(() => cluster?.stop())

beforeEach(() => cluster.forgetStatements())

/** What each node is given beside its URL, first replica first. */
async function open(t: TestContext, options: PoolOptions, ...nodes: object[]): Promise<Pool> {
  const pool = new Pool({
    primary: cluster.primary.url,
    replicas: cluster.replicas.map((it, i) => ({ url: it.url, ...nodes[i] })),
    probe: PATIENT,
    ...options,
  })
  t.after(() => pool.end())
  await pool.query('select 0')
  await eventually(
    () => pool.view().nodes.map((it) => it.health.state),
    (states) => states.every((it) => it === 'up'),
  )
  return pool
}

/** How often each replica ran the text. */
const shares = (text: string) => cluster.replicas.map((it) => it.statements().filter((ran) => ran === text).length)

async function read(pool: Pool, text: string, times: number): Promise<number[]> {
  for (let i = 0; i < times; i++) await pool.query(text)
  return shares(text)
}

test('round-robin serves in proportion to the weights', async (t) => {
  const pool = await open(t, { balancer: 'round-robin' }, { weight: 3 }, { weight: 1 })
  assert.deepEqual(await read(pool, 'select 1 as round', 40), [30, 10])
})

test('least-busy, the default, leaves the node alone that is at work', async (t) => {
  const pool = await open(t, {})
  const slow = pool.query({ text: 'select pg_sleep(1)', route: { node: 'replica-1' } })
  assert.deepEqual(await read(pool, 'select 1 as busy', 20), [0, 20])
  await slow
})

test('fastest prefers the node that answers sooner', async (t) => {
  const pool = await open(t, { balancer: 'fastest' })
  await cluster.delay('replica-1', 50)
  t.after(() => cluster.heal('replica-1'))
  let windows = 0
  // The first statements measure how long it takes to connect, too.
  await eventually(
    () => read(pool, `select ${++windows} as fast`, 30),
    ([one = 0, two = 0]) => two >= 25 && one <= 5,
    60_000,
  )
})

test('failover reads from the first, or the one of the highest weight', async (t) => {
  const first = await open(t, { balancer: 'failover' })
  assert.deepEqual(await read(first, 'select 1 as first', 10), [10, 0])
  const heaviest = await open(t, { balancer: 'failover' }, { weight: 1 }, { weight: 2 })
  assert.deepEqual(await read(heaviest, 'select 1 as heaviest', 10), [0, 10])
})

test('nodes of the same zone come first', async (t) => {
  const pool = await open(t, { zone: 'b' }, { zone: 'a' }, { zone: 'b' })
  assert.deepEqual(await read(pool, 'select 1 as near', 10), [0, 10])
  const away = await open(t, { zone: 'c' }, { zone: 'a' }, { zone: 'b' })
  const [one, two] = await read(away, 'select 1 as far', 40)
  assert.ok(one !== 0 && two !== 0)
})

test('a function of your own chooses, and sees what there is to know', async (t) => {
  const seen: (readonly NodeView[])[] = []
  const pool = await open(t, {
    balancer: (candidates) => {
      seen.push(candidates)
      return candidates.at(-1) as NodeView
    },
  })
  assert.deepEqual(await read(pool, 'select 1 as chosen', 5), [0, 5])
  assert.deepEqual(
    seen.at(-1)?.map((it) => [it.name, it.role, it.health.state, it.load.inFlight]),
    [
      ['replica-1', 'replica', 'up', 0],
      ['replica-2', 'replica', 'up', 0],
    ],
  )
})

test('a session that is pinned does not stop the balancing of the others', async (t) => {
  const pool = await open(t, { balancer: 'round-robin' })
  await withSession(async (session) => {
    session.pin({ node: 'replica-1' })
    assert.deepEqual(await read(pool, 'select 1 as pinned', 10), [10, 0])
    await session.withoutPin(() => read(pool, 'select 1 as unpinned', 10))
  })
  assert.deepEqual(shares('select 1 as unpinned'), [5, 5])
  assert.deepEqual(await read(pool, 'select 1 as others', 10), [5, 5])
})
