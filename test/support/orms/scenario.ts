import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { withSession } from '../../../src/index.js'
import type { Pool } from '../../../src/pg.js'
import { startCluster, type TestCluster } from '../../../src/testing.js'
import { eventually, poolOver } from '../pool.js'
import { failedReads, shareOnReplicas, staleReads } from './measure.js'
import { BOOK, countStatements, type Library, makeTables, type Shop } from './shop.js'

export interface Bench {
  readonly cluster: TestCluster
  readonly pool: Pool
  readonly shop: Shop
}

/**
 * What every library must do, on a primary and two standbys of its own. In order: the tests of the one library run while
 * all nodes are well; then nodes fail.
 */
export function testLibrary(library: Library, ownTests: (bench: () => Bench) => void): void {
  describe(library.name, () => {
    let bench: Bench | undefined

    before(async () => {
      const cluster = await startCluster({ replicas: 2 })
      await makeTables(cluster)
      const pool = poolOver(cluster)
      bench = { cluster, pool, shop: await library.open(pool) }
    })
    after(async () => {
      await bench?.shop.close()
      if (bench?.pool.ending === false) await bench.pool.end()
      const ask = "select pid from pg_stat_activity where usename = 'app'"
      // A server hears a little later that a client is gone.
      if (bench !== undefined)
        await eventually(
          () => bench!.cluster.primary.admin(ask),
          (left) => left.length === 0,
        )
      await bench?.cluster.stop()
    })

    ownTests(() => bench!)
    commonTests(() => bench!)
  })
}

function commonTests(bench: () => Bench): void {
  test('reads run on replicas, relations too; writes and transactions on the primary', async () => {
    const { cluster, shop } = bench()
    assert.equal(await shareOnReplicas(cluster, shop), 1)
    cluster.forgetStatements()
    await shop.order(BOOK, 2)
    await shop.setStock(3, 7)
    assert.deepEqual([...countStatements(cluster, /\b(insert|update|begin|start|commit)\b/i).keys()], ['primary'])
    await cluster.waitForReplay()
    cluster.forgetStatements()
    assert.equal(await shop.ordersOf(BOOK), 1)
    assert.equal(countStatements(cluster, /\bbooks\b/i).get('primary'), undefined)
  })

  test('what fails in a transaction is rolled back', async () => {
    const { shop } = bench()
    await assert.rejects(shop.order(BOOK, 1_000_000), { name: 'OutOfStock' })
    await withSession(async () => {
      const before = await shop.stockOf(BOOK)
      await shop.order(BOOK, 1)
      assert.equal(await shop.stockOf(BOOK), before! - 1)
    })
  })

  test('a user sees what they wrote while replicas lag, and while one replays nothing', async () => {
    const { cluster, shop } = bench()
    assert.deepEqual(await staleReads(cluster, shop), { stale: 0, of: 6 })
    await cluster.pauseReplay('replica-1')
    for (let stock = 1; stock < 6; stock++) {
      await withSession(async () => {
        await shop.setStock(4, stock)
        assert.equal(await shop.stockOf(4), stock)
      })
    }
    await cluster.resumeReplay('replica-1')
  })

  test('a replica that is killed under load costs no read', async () => {
    const { cluster, shop } = bench()
    assert.deepEqual(await failedReads(cluster, shop), { errors: [], of: 40 })
  })

  test('after a failover it writes to the new primary, and reads from its replica', async () => {
    const { cluster, pool, shop } = bench()
    await cluster.stop('primary', 'immediate')
    // A write that is sent before anybody knows may have happened: that is its error, and not what is tested here.
    await eventually(
      () => pool.view().nodes.find((it) => it.name === 'primary')?.health.state,
      (it) => it === 'down',
    )
    const promoted = cluster.promote('replica-2')
    await shop.setStock(5, 55)
    await promoted
    await withSession(async () => {
      await shop.setStock(5, 56)
      assert.equal(await shop.stockOf(5), 56)
    })
    await cluster.rejoin('primary')
    await eventually(
      () => pool.view().nodes.filter((it) => it.role === 'replica' && it.health.state === 'up').length,
      (it) => it === 2,
    )
    assert.equal(await shareOnReplicas(cluster, shop), 1)
  })
}
