import { withSession } from '../src/index.js'
import { Pool, type PoolOptions } from '../src/pg.js'
import { startCluster, type TestCluster } from '../src/testing.js'
import { machine, median } from './measure.js'

/*
 * Which share of the reads leaves the primary, by level and lag: sessions of twenty statements, one in ten of them a
 * write, each at once behind the one before. `stale`: reads that missed a write of their own session.
 * `npm run bench -- offload [--json]`.
 */

const USERS = 8
const STATEMENTS = 20
const WRITES = 0.1
const ROUND_MS = 3000
const LAGS_MS = [1, 50, 500]
const LEVELS: Readonly<Record<string, PoolOptions>> = {
  eventual: { consistency: 'eventual' },
  session: { consistency: 'session' },
  'timer of 5 s': { consistency: 'eventual', sticky: { ttlMs: 5000 } },
  strong: { consistency: 'strong' },
}

interface Row {
  readonly level: string
  readonly lagMs: number
  readonly reads: number
  readonly offload: number
  readonly stale: number
  readonly medianReadMs: number
  readonly medianWriteMs: number
}

const cluster = await startCluster({ replicas: 2, gates: false })
await cluster.primary.admin('create table counters (id int primary key, n bigint)')
await cluster.primary.admin(`insert into counters select id, 0 from generate_series(1, ${USERS}) id`)
await cluster.primary.admin('grant all on counters to app')
const rows: Row[] = []
for (const lagMs of LAGS_MS) {
  for (const { name } of cluster.replicas) await cluster.lag(name, lagMs)
  for (const [level, options] of Object.entries(LEVELS)) {
    await cluster.waitForReplay()
    rows.push(await measure(cluster, level, lagMs, options))
  }
}
await cluster.stop()
print(rows)

async function measure(cluster: TestCluster, level: string, lagMs: number, options: PoolOptions): Promise<Row> {
  const pool = new Pool({ primary: cluster.primary.url, replicas: cluster.replicas.map((it) => it.url), ...options })
  // Only what is written from now on counts, and only when every node has said what it is.
  await Promise.all(Array.from({ length: USERS }, () => pool.query('select 1')))
  const seen = { reads: [] as number[], writes: [] as number[], stale: 0, onPrimary: 0 }
  pool.on('routed', ({ role, intent }) => {
    if (intent === 'read' && role === 'primary') seen.onPrimary++
  })
  const until = performance.now() + ROUND_MS
  const user = async (id: number) => {
    while (performance.now() < until) await withSession(() => visit(pool, id, seen))
  }
  await Promise.all(Array.from({ length: USERS }, (_, id) => user(id + 1)))
  await pool.end()
  const reads = seen.reads.length
  return {
    level,
    lagMs,
    reads,
    offload: (reads - seen.onPrimary) / reads,
    stale: seen.stale,
    medianReadMs: median(seen.reads),
    medianWriteMs: median(seen.writes),
  }
}

/** One session of one user, who must see their own counter as they left it. */
async function visit(
  pool: Pool,
  id: number,
  seen: { reads: number[]; writes: number[]; stale: number },
): Promise<void> {
  let own = 0n
  for (let i = 0; i < STATEMENTS; i++) {
    const from = performance.now()
    if (Math.random() < WRITES) {
      const { rows } = await pool.query('update counters set n = n + 1 where id = $1 returning n', [id])
      own = BigInt(rows[0].n)
      seen.writes.push(performance.now() - from)
    } else {
      const { rows } = await pool.query('select n from counters where id = $1', [id])
      if (BigInt(rows[0].n) < own) seen.stale++
      seen.reads.push(performance.now() - from)
    }
  }
}

function print(rows: readonly Row[]): void {
  if (process.argv.includes('--json')) {
    console.log(JSON.stringify({ part: 'offload', machine, users: USERS, roundMs: ROUND_MS, rows }))
    return
  }
  console.log('\n  lag ms  level           reads off the primary   stale     reads   median read ms   median write ms')
  for (const { lagMs, level, offload, stale, reads, medianReadMs, medianWriteMs } of rows) {
    const share = `${(offload * 100).toFixed(1)} %`.padStart(12)
    const numbers = [String(stale).padStart(17), String(reads).padStart(10), medianReadMs.toFixed(2).padStart(13)]
    console.log(
      `${String(lagMs).padStart(8)}  ${level.padEnd(14)}${share}${numbers.join('')}${medianWriteMs.toFixed(2).padStart(18)}`,
    )
  }
}
