import { startCluster, type TestCluster } from '../src/testing.js'
import { LIBRARIES } from '../test/support/orms/libraries.js'
import { failedReads, shareOnReplicas, staleReads } from '../test/support/orms/measure.js'
import { type Library, makeTables, type Shop } from '../test/support/orms/shop.js'
import { poolOver } from '../test/support/pool.js'

/*
 * Each library on a pool of Sluice, and beside it with what it has itself for replicas (or with the package that is made for
 * it): the same application, on a primary and two standbys of its own. `npm run compare:orms [-- NAME…] [--json]`.
 */

interface Row {
  readonly library: string
  readonly with: 'Sluice' | 'its own'
  /** Of 40, from the moment that one of two replicas is killed. */
  readonly failedReads: number
  /** Of 6, each right behind a write of the same user, with replicas 250 ms behind. */
  readonly staleReads: number
  /** Of reads, with all nodes well, as the servers tell: 0 to 1. */
  readonly onReplicas: number
  /** Whether it starts, and reads, while one of two replicas is down. */
  readonly startsWithoutOne: boolean
}

const flags = process.argv.slice(2)
const names = flags.filter((it) => !it.startsWith('--'))
const unknown = names.filter((name) => !LIBRARIES.some((it) => it.name === name))
if (unknown.length > 0) {
  console.error(
    `compare:orms: there is no ${unknown.join(', ')}; there are ${LIBRARIES.map((it) => it.name).join(', ')}`,
  )
  process.exit(2)
}
const rows: Row[] = []
for (const library of LIBRARIES.filter((it) => names.length === 0 || names.includes(it.name))) {
  rows.push(await measure(library, 'Sluice'))
  if (library.openAlone !== undefined) rows.push(await measure(library, 'its own'))
}
if (flags.includes('--json')) console.log(JSON.stringify(rows))
else print(rows)

async function measure(library: Library, whose: Row['with']): Promise<Row> {
  const cluster = await startCluster({ replicas: 2 })
  try {
    await makeTables(cluster)
    const startsWithoutOne = await startsWithout(cluster, library, whose)
    const { shop, close } = await open(cluster, library, whose)
    const onReplicas = await shareOnReplicas(cluster, shop)
    const { stale } = await staleReads(cluster, shop)
    const { errors } = await failedReads(cluster, shop)
    await close()
    return {
      library: library.name,
      with: whose,
      failedReads: errors.length,
      staleReads: stale,
      onReplicas,
      startsWithoutOne,
    }
  } finally {
    await cluster.stop()
  }
}

async function startsWithout(cluster: TestCluster, library: Library, whose: Row['with']): Promise<boolean> {
  await cluster.stop('replica-1')
  try {
    const { shop, close } = await open(cluster, library, whose)
    try {
      for (let i = 0; i < 4; i++) await shop.stockOf(1)
      return true
    } finally {
      await close()
    }
  } catch {
    return false
  } finally {
    await cluster.start('replica-1')
    await cluster.waitUntilStreaming()
  }
}

async function open(
  cluster: TestCluster,
  library: Library,
  whose: Row['with'],
): Promise<{ shop: Shop; close(): Promise<void> }> {
  if (whose === 'its own') {
    const shop = await library.openAlone!({
      primary: cluster.primary.url,
      replicas: cluster.replicas.map((it) => it.url),
    })
    return { shop, close: () => shop.close() }
  }
  const pool = poolOver(cluster)
  const shop = await library.open(pool)
  const close = async () => {
    await shop.close()
    if (!pool.ending) await pool.end()
  }
  return { shop, close }
}

function print(all: readonly Row[]): void {
  console.log(
    '| Library | replicas by | reads that failed, of 40 | reads that missed the write before, of 6 | reads on replicas | starts with a replica down |',
  )
  console.log('| --- | --- | --- | --- | --- | --- |')
  for (const it of all) {
    const share = `${Math.round(it.onReplicas * 100)} %`
    console.log(
      `| ${it.library} | ${it.with} | ${it.failedReads} | ${it.staleReads} | ${share} | ${it.startsWithoutOne ? 'yes' : 'no'} |`,
    )
  }
}
