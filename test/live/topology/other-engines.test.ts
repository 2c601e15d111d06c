import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { outcomeOf } from '../../../src/index.js'
import { Pool } from '../../../src/pg.js'
import { pgAutoFailover, repmgr } from '../../../src/topology.js'
import { AutoFailoverCluster, pgAutoFailoverPart } from '../../support/engines/pg-auto-failover.js'
import { RepmgrPair, repmgrPart } from '../../support/engines/repmgr.js'
import { Traffic } from '../../support/engines/traffic.js'
import { need } from '../../support/need.js'
import { eventually } from '../../support/pool.js'

function rolesIn(pool: Pool): readonly string[] {
  return pool
    .view()
    .nodes.map(
      (it) =>
        `${it.name} ${it.role}${it.isVouchedFor ? ', named' : ''}${it.fence === undefined ? '' : `, ${it.fence}`}`,
    )
    .sort()
}

describe('a pool on pg_auto_failover', need(pgAutoFailoverPart('a pool on pg_auto_failover')), () => {
  let cluster: AutoFailoverCluster
  let pool: Pool

  before(async () => {
    cluster = await AutoFailoverCluster.start()
    const topology = pgAutoFailover({ monitor: cluster.monitorUrl, everyMs: 500 })
    pool = new Pool({ ...cluster.user, topology, holdWritesMs: 30_000, probe: { everyMs: 500 } })
    await pool.query('create table t (n int)')
  })
  after(async () => {
    await pool?.end()
    await cluster?.stop()
  })

  test('has the nodes of its monitor, and the primary that it makes', async () => {
    await eventually(
      () => rolesIn(pool),
      (it) => it.join() === 'node_1 primary, named,node_2 replica',
    )
  })

  test('sees no error in a switchover, but for a write that waits for the synchronous standby at that moment', async (t) => {
    const traffic = Traffic.in(t, pool)
    await traffic.more(50)
    await cluster.switchover()
    await traffic.more(50)
    await traffic.stop()
    t.diagnostic(`${traffic.written.length} writes, ${traffic.reads} reads; ${traffic.longestGapMs} ms without a write`)
    assert.deepEqual([traffic.readErrors, traffic.transactionErrors], [[], []])
    assert.ok(
      traffic.failures.every((it) => outcomeOf(it) === 'unknown'),
      traffic.errors.join('\n'),
    )
    assert.ok(traffic.failures.length <= 2, traffic.errors.join('\n'))
    await traffic.check()
    assert.equal(await cluster.primary(), 'node_2')
    // How long its engine takes to make a standby of the old primary is not ours.
    await eventually(
      () => rolesIn(pool),
      (it) => it.join() === 'node_1 replica,node_2 primary, named',
      60_000,
    )
  })
})

describe('a pool on nodes of repmgr', need(repmgrPart('a pool on nodes of repmgr')), () => {
  let pair: RepmgrPair
  let pool: Pool

  before(async () => {
    pair = await RepmgrPair.start()
    pool = new Pool({
      ...pair.user,
      topology: repmgr({ urls: pair.urls }),
      holdWritesMs: 30_000,
      probe: { everyMs: 500 },
    })
    await pool.query('create table t (n int)')
  })
  after(async () => {
    await pool?.end()
    await pair?.stop()
  })

  test('finds both, and the primary by asking', async () => {
    await eventually(
      () => rolesIn(pool),
      (it) => it.join() === 'n1 primary,n2 replica',
    )
  })

  test('goes on at the standby that an operator promotes, and fences the old primary that somebody starts again', async (t) => {
    await pool.query('insert into t values (-1)')
    // A standby that is promoted before it has heard of the table would be right to have none.
    await eventually(
      () => pool.query({ text: 'select n from t', route: { node: 'n2' } }).then(({ rows }) => rows.length, String),
      (count) => count === 1,
    )
    await pair.failOver()
    const traffic = Traffic.in(t, pool)
    await traffic.more(20)
    await pair.startOld()
    await eventually(
      () => rolesIn(pool),
      (it) => it.join() === 'n1 primary, older-timeline,n2 primary',
    )
    await traffic.more(20)
    await traffic.stop()
    assert.deepEqual(traffic.errors, [])
    await traffic.check()
    t.diagnostic(`${traffic.written.length} writes`)
  })
})
