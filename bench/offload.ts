import { setTimeout as wait } from 'node:timers/promises'
import { withSession } from '../src/index.js'
import { Pool, type PoolOptions } from '../src/pg.js'
import { startCluster, type TestCluster } from '../src/testing.js'
import { machine, median } from './measure.js'

/*
 * Which share of the reads leaves the primary, by workload, level and lag; one statement in ten is a write, and reads follow
 * it at once. `stale`: reads that missed a write of their own session. `npm run bench -- offload [--json]`.
 */

const WRITES = 0.1
/** How users behave. A session is what a user's cookie carries: it may last for many requests. */
const WORKLOADS = {
  /** Twenty statements without a pause, then another session. */
  short: { users: 8, statements: 20, perRequest: 20, pauseMs: 0, roundMs: 3000 },
  /** One session for the whole round: requests of five statements, and a moment to look at the page. */
  browsing: { users: 32, statements: Number.POSITIVE_INFINITY, perRequest: 5, pauseMs: 250, roundMs: 8000 },
} as const satisfies Record<string, Workload>

interface Workload {
  readonly users: number
  readonly statements: number
  readonly perRequest: number
  readonly pauseMs: number
  readonly roundMs: number
}

const LAGS_MS = [1, 50, 500]
const LEVELS: Readonly<Record<string, PoolOptions>> = {
  eventual: { consistency: 'eventual' },
  session: { consistency: 'session' },
  'timer of 5 s': { consistency: 'eventual', sticky: { ttlMs: 5000 } },
  strong: { consistency: 'strong' },
}

interface Row {
  readonly workload: string
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
await cluster.primary.admin('insert into counters select id, 0 from generate_series(1, 100) id')
await cluster.primary.admin('grant all on counters to app')
const rows: Row[] = []
for (const [workload, habits] of Object.entries(WORKLOADS)) {
  for (const lagMs of LAGS_MS) {
    for (const { name } of cluster.replicas) await cluster.lag(name, lagMs)
    for (const [level, options] of Object.entries(LEVELS)) {
      await cluster.waitForReplay()
      rows.push({ workload, level, lagMs, ...(await measure(cluster, habits, options)) })
    }
  }
}
await cluster.stop()
print(rows)

async function measure(
  cluster: TestCluster,
  habits: Workload,
  options: PoolOptions,
): Promise<Omit<Row, 'workload' | 'level' | 'lagMs'>> {
  const pool = new Pool({ primary: cluster.primary.url, replicas: cluster.replicas.map((it) => it.url), ...options })
  // Only what is written from now on counts, and only when every node has said what it is.
  await Promise.all(Array.from({ length: habits.users }, () => pool.query('select 1')))
  const seen = { reads: [] as number[], writes: [] as number[], stale: 0, onPrimary: 0 }
  pool.on('routed', ({ role, intent }) => {
    if (intent === 'read' && role === 'primary') seen.onPrimary++
  })
  const untilMs = performance.now() + habits.roundMs
  const user = async (id: number) => {
    while (performance.now() < untilMs) await withSession(() => visit({ pool, id, habits, untilMs, seen }))
  }
  await Promise.all(Array.from({ length: habits.users }, (_, id) => user(id + 1)))
  await pool.end()
  const reads = seen.reads.length
  return {
    reads,
    offload: (reads - seen.onPrimary) / reads,
    stale: seen.stale,
    medianReadMs: median(seen.reads),
    medianWriteMs: median(seen.writes),
  }
}

interface Visit {
  readonly pool: Pool
  readonly id: number
  readonly habits: Workload
  readonly untilMs: number
  readonly seen: { reads: number[]; writes: number[]; stale: number }
}

/** One session of one user, who must see their own counter as they left it. */
async function visit({ pool, id, habits, untilMs, seen }: Visit): Promise<void> {
  let own = 0n
  for (let i = 0; i < habits.statements && performance.now() < untilMs; i++) {
    if (habits.pauseMs > 0 && i % habits.perRequest === 0) await wait(habits.pauseMs * (0.5 + Math.random()))
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
    console.log(JSON.stringify({ part: 'offload', machine, workloads: WORKLOADS, rows }))
    return
  }
  console.log(
    '\n  workload  lag ms  level           reads off the primary   stale     reads   median read ms   median write ms',
  )
  for (const { workload, lagMs, level, offload, stale, reads, medianReadMs, medianWriteMs } of rows) {
    const share = `${(offload * 100).toFixed(1)} %`.padStart(12)
    const numbers = [String(stale).padStart(17), String(reads).padStart(10), medianReadMs.toFixed(2).padStart(13)]
    console.log(
      `  ${workload.padEnd(8)}${String(lagMs).padStart(8)}  ${level.padEnd(14)}${share}${numbers.join('')}${medianWriteMs.toFixed(2).padStart(18)}`,
    )
  }
}
