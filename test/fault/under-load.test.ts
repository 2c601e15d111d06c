import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { outcomeOf, withSession } from '../../src/index.js'
import type { Pool } from '../../src/pg.js'
import { startCluster, type TestCluster } from '../../src/testing.js'
import { eventually, poolOver } from '../support/pool.js'

let cluster: TestCluster
const processErrors: unknown[] = []

before(async () => {
  process.on('uncaughtException', (error) => processErrors.push(error))
  process.on('unhandledRejection', (error) => processErrors.push(error))
  cluster = await startCluster({ replicas: 2 })
  await cluster.primary.admin('create table ledger (id bigint primary key)')
  await cluster.primary.admin('grant all on ledger to app')
  await cluster.waitForReplay()
})

after(() => cluster?.stop())

/** What a load saw. */
interface Seen {
  reads: number
  failedReads: Error[]
  wrongReads: number
  acknowledged: number[]
  failedWrites: { id: number; error: Error }[]
}

let nextId = 1

/** Reads and writes in sessions, each reading its own write back, until told to stop. */
async function load(pool: Pool, isOver: () => boolean): Promise<Seen> {
  const seen: Seen = { reads: 0, failedReads: [], wrongReads: 0, acknowledged: [], failedWrites: [] }
  const reader = async () => {
    for (let n = 0; !isOver(); n++) {
      try {
        const { rows } = await pool.query('select $1::int as n', [n])
        seen.reads++
        if (rows[0].n !== n) seen.wrongReads++
      } catch (error) {
        seen.failedReads.push(error as Error)
      }
    }
  }
  const writer = async () => {
    while (!isOver()) await withSession(() => writeAndReadBack(pool, seen))
  }
  await Promise.all([reader(), reader(), reader(), writer(), writer()])
  return seen
}

async function writeAndReadBack(pool: Pool, seen: Seen): Promise<void> {
  const id = nextId++
  try {
    await pool.query('insert into ledger values ($1)', [id])
    seen.acknowledged.push(id)
  } catch (error) {
    seen.failedWrites.push({ id, error: error as Error })
    return
  }
  try {
    const { rows } = await pool.query('select id::int from ledger where id = $1', [id])
    if (rows[0]?.id !== id) seen.wrongReads++
  } catch {
    // The primary is in trouble: the session would rather fail than read elsewhere.
  }
}

async function present(): Promise<ReadonlySet<number>> {
  const rows = await cluster.primary.admin<{ id: number }>('select id::int from ledger')
  return new Set(rows.map((row) => row.id))
}

interface Fault {
  readonly title: string
  readonly node: 'primary' | 'replica-1'
  readonly harm: () => unknown
  readonly mend: () => unknown
}

const replica = 'replica-1'
const faults: readonly Fault[] = [
  {
    title: 'a replica is killed',
    node: replica,
    harm: () => cluster.stop(replica, 'kill'),
    mend: () => cluster.start(replica),
  },
  {
    title: 'a replica crashes',
    node: replica,
    harm: () => cluster.stop(replica, 'immediate'),
    mend: () => cluster.start(replica),
  },
  { title: 'a replica restarts', node: replica, harm: () => cluster.restart(replica), mend: () => undefined },
  { title: 'a replica freezes', node: replica, harm: () => cluster.freeze(replica), mend: () => cluster.thaw(replica) },
  { title: 'a replica is cut off', node: replica, harm: () => cluster.cut(replica), mend: () => cluster.heal(replica) },
  {
    title: 'a replica is half open',
    node: replica,
    harm: () => cluster.halfOpen(replica),
    mend: () => cluster.heal(replica),
  },
  {
    title: 'a replica is slow to reach',
    node: replica,
    harm: () => cluster.delay(replica, 100),
    mend: () => cluster.heal(replica),
  },
  {
    title: 'the primary is killed',
    node: 'primary',
    harm: () => cluster.stop('primary', 'kill'),
    mend: () => cluster.start('primary'),
  },
  { title: 'the primary restarts', node: 'primary', harm: () => cluster.restart('primary'), mend: () => undefined },
  {
    title: 'the primary freezes',
    node: 'primary',
    harm: () => cluster.freeze('primary'),
    mend: () => cluster.thaw('primary'),
  },
  {
    title: 'the primary is cut off',
    node: 'primary',
    harm: () => cluster.cut('primary'),
    mend: () => cluster.heal('primary'),
  },
  {
    title: 'the primary is half open',
    node: 'primary',
    harm: () => cluster.halfOpen('primary'),
    mend: () => cluster.heal('primary'),
  },
]

for (const fault of faults) {
  test(`${fault.title}: no read fails, none is wrong, no acknowledged write is lost`, async (t) => {
    const pool = poolOver(cluster)
    t.after(() => pool.end())
    let isOver = false
    const running = load(pool, () => isOver)
    await eventually(
      () => pool.stats().routes['read'] ?? 0,
      (reads) => reads > 100,
    )

    await fault.harm()
    await servedMeanwhile(pool)
    await fault.mend()
    await eventually(
      () => pool.view().nodes.every((node) => node.health.state === 'up'),
      (allUp) => allUp,
      20_000,
    )
    await servedMeanwhile(pool)
    isOver = true
    const seen = await running

    assert.deepEqual(seen.failedReads, [])
    assert.equal(seen.wrongReads, 0)
    const there = await present()
    assert.deepEqual(
      seen.acknowledged.filter((id) => !there.has(id)),
      [],
    )
    const wronglySaidUndone = seen.failedWrites.filter(
      ({ id, error }) => outcomeOf(error) !== 'unknown' && there.has(id),
    )
    assert.deepEqual(wronglySaidUndone, [])
    if (fault.node !== 'primary') assert.deepEqual(seen.failedWrites, [])
    assert.deepEqual(processErrors, [])
  })
}

/** Enough time for the trouble to be noticed, told by the work that got done and the node that was seen to fail. */
async function servedMeanwhile(pool: Pool): Promise<void> {
  const reads = pool.stats().routes['read'] ?? 0
  const until = performance.now() + 1200
  await eventually(
    () => pool.stats().routes['read'] ?? 0,
    (now) => now > reads + 200 && performance.now() > until,
    30_000,
  )
}
