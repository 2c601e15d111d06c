import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { outcomeOf } from '../../../src/index.js'
import { Pool } from '../../../src/pg.js'
import { patroni } from '../../../src/topology.js'
import { PatroniCluster, patroniPart } from '../../support/engines/patroni.js'
import { Traffic } from '../../support/engines/traffic.js'
import { need } from '../../support/need.js'
import { eventually } from '../../support/pool.js'

/** More of them on request: `SLUICE_ROUNDS=20 node --import tsx --test test/live/topology/patroni.test.ts`. */
const ROUNDS = Number(process.env['SLUICE_ROUNDS'] ?? 1)

/** In order: what one test leaves is where the next begins. */
describe('a pool on a Patroni cluster', need(patroniPart('a pool on a Patroni cluster')), () => {
  let cluster: PatroniCluster
  let pool: Pool

  before(async () => {
    cluster = await PatroniCluster.start()
    // One member is enough to find all.
    const topology = patroni({ members: cluster.apis.slice(0, 1), everyMs: 500 })
    pool = new Pool({ ...cluster.user, topology, holdWritesMs: 30_000, probe: { everyMs: 500 } })
    await pool.query('create table t (n int, writer text)')
  })
  after(async () => {
    await pool?.end()
    await cluster?.stop()
  })

  test('has its members, and the leader that Patroni names', async () => {
    const leader = await cluster.leader()
    const nodes = await eventually(
      () => pool.view().nodes,
      (it) => it.length === 3 && it.every((node) => node.health.state === 'up'),
    )
    assert.deepEqual(
      nodes.map((it) => [it.name, it.role, it.isVouchedFor]).sort(),
      cluster.members.map(({ name }) => (name === leader ? [name, 'primary', true] : [name, 'replica', false])),
    )
  })

  test('sees no error in a switchover, but for a write that waits for the synchronous standby at that moment', async (t) => {
    for (let round = 0; round < ROUNDS; round++) {
      const traffic = Traffic.in(t, pool)
      await traffic.more(50)
      const before = await cluster.leader()
      await cluster.switchover()
      await cluster.until((it) => it.some(({ name, role }) => role === 'leader' && name !== before))
      await traffic.more(50)
      await traffic.stop()
      t.diagnostic(
        `${traffic.written.length} writes, ${traffic.reads} reads; ${traffic.failures.length} unknown; ${traffic.longestGapMs} ms without a write`,
      )
      // Its commit is cut short, and the server says so; what `pool.transaction` began is found out.
      assert.deepEqual([traffic.readErrors, traffic.transactionErrors], [[], []])
      assert.deepEqual(
        traffic.failures.filter((it) => outcomeOf(it) !== 'unknown' || !isCutShort(it)),
        [],
      )
      await traffic.check()
      await cluster.whole()
    }
  })

  test('writes again when the leader has died, and loses nothing that was acknowledged; reads go on', async (t) => {
    for (let round = 0; round < ROUNDS; round++) {
      const traffic = Traffic.in(t, pool)
      await traffic.more(50)
      const dead = await cluster.killLeader()
      await traffic.more(50, 60_000)
      await traffic.stop()
      t.diagnostic(
        `${traffic.written.length} writes, ${traffic.reads} reads; ${traffic.failures.length} unknown; ${traffic.longestGapMs} ms without a write`,
      )
      // What was under way at that moment, and nothing else.
      assert.ok(traffic.errors.length <= traffic.writers, traffic.errors.join('\n'))
      assert.deepEqual(
        [...new Set(traffic.failures.map(outcomeOf))].filter((it) => it !== 'unknown'),
        [],
      )
      assert.deepEqual(traffic.readErrors, [])
      await traffic.check()
      cluster.startMember(dead)
      await cluster.whole()
      await eventually(
        () => pool.view().nodes.filter((it) => it.health.state === 'up' && it.role === 'replica').length,
        (it) => it === 2,
      )
    }
  })
})

/** The server said that the commit is done there, and that its standby may not have it. */
function isCutShort({ cause }: Error): boolean {
  return /^canceling the wait for synchronous replication/.test((cause as Error | undefined)?.message ?? '')
}
