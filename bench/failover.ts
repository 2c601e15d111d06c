// How long the application waits because of Sluice when the primary moves: from a standby's being the primary to the first write that
// it acknowledges to the pool. What the promotion itself takes belongs to whoever promotes, and is told apart.
//
// Beside it, where Debian's pgpool2 is there (or PGPOOL names its program): a plain pool on pgpool-II, a third as often.
//
// --json prints one JSON object. --rounds N: how often; default 30.
import { parseArgs } from 'node:util'
import pg from 'pg'
import { Pool } from '../src/pg.js'
import { startCluster, type TestCluster, type TestNode } from '../src/testing.js'
import { machine, median } from './measure.js'
import { isPgpoolThere, Pgpool } from './pgpool.js'

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, rounds: { type: 'string', default: '30' } },
})
const rounds = Number(values.rounds)

interface AnyPool {
  query(text: string): Promise<unknown>
}

interface Measured {
  readonly crashes: readonly Round[]
  readonly planned: readonly Round[]
}

interface Results {
  sluice: Measured
  pgpool?: Measured
}

interface Round {
  /** From the primary's death to the standby's being one. */
  readonly engineMs: number
  /** From there to the first acknowledged write. */
  readonly shareMs: number
  readonly errors: number
  readonly readErrors: number
}

/** Four writers and two readers without a rest; the primary goes, a standby is promoted, the old primary comes back. */
async function round(cluster: TestCluster, pool: AnyPool, goes: (old: TestNode) => Promise<void>): Promise<Round> {
  const old = cluster.primary
  await cluster.waitUntilStreaming()
  await cluster.waitForReplay()
  const traffic = new Traffic(pool)
  await traffic.settled(100)
  const goneMs = performance.now()
  await goes(old)
  const next = await furthest(cluster)
  const promoted = primaryAt(next)
  await cluster.promote(next.name)
  const primaryMs = await promoted
  const writtenMs = await traffic.firstAfter(primaryMs)
  await traffic.settled(50)
  await traffic.stop()
  await cluster.rejoin(old.name)
  const { errors, readErrors } = traffic
  return { engineMs: primaryMs - goneMs, shareMs: writtenMs - primaryMs, errors, readErrors }
}

/** Nothing that was acknowledged may be lost by our choice. */
async function furthest({ replicas }: TestCluster): Promise<TestNode> {
  const ask = `select (greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) - '0/0'::pg_lsn)::text as bytes`
  const at = await Promise.all(
    replicas.map(async (it) => BigInt((await it.admin<{ bytes: string }>(ask))[0]?.bytes ?? 0)),
  )
  return replicas[at[0]! >= at[1]! ? 0 : 1] as TestNode
}

/** When this node begins to be the primary, as it says itself: asked all the time. */
async function primaryAt(node: TestNode): Promise<number> {
  const client = new pg.Client({ connectionString: node.adminUrl })
  await client.connect()
  for (;;) {
    const { rows } = await client.query('select pg_is_in_recovery() as waits')
    if (rows[0].waits) continue
    const nowMs = performance.now()
    await client.end()
    return nowMs
  }
}

class Traffic {
  errors = 0
  readErrors = 0
  readonly #work: readonly Promise<void>[]
  #acknowledgedMs: number[] = []
  #isOver = false

  constructor(pool: AnyPool) {
    const write = () => pool.query('insert into t values (1)')
    const read = () => pool.query('select count(*) from t')
    this.#work = [
      ...Array.from({ length: 4 }, () => this.#loop(write, 'errors')),
      ...Array.from({ length: 2 }, () => this.#loop(read, 'readErrors')),
    ]
  }

  async settled(count: number): Promise<void> {
    const until = this.#acknowledgedMs.length + count
    while (this.#acknowledgedMs.length < until) await pause(1)
  }

  async firstAfter(sinceMs: number): Promise<number> {
    const deadlineMs = sinceMs + 90_000
    for (;;) {
      const found = this.#acknowledgedMs.find((it) => it >= sinceMs)
      if (found !== undefined) return found
      if (performance.now() > deadlineMs) throw new Error('no write was acknowledged within 90 s')
      await pause(1)
    }
  }

  async stop(): Promise<void> {
    this.#isOver = true
    await Promise.all(this.#work)
  }

  async #loop(once: () => Promise<unknown>, kind: 'errors' | 'readErrors'): Promise<void> {
    while (!this.#isOver) {
      await once().then(
        () => kind === 'errors' && this.#acknowledgedMs.push(performance.now()),
        () => this[kind]++,
      )
      await pause(2)
    }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

function print(results: Results): void {
  if (values.json) return console.log(JSON.stringify({ bench: 'failover', machine, ...results }))
  for (const [subject, measured] of Object.entries(results) as [string, Measured][]) {
    const { crashes, planned } = measured
    console.log(`failover with ${subject}, ${crashes.length} rounds each, ms: median (least to most)`)
    for (const [name, all] of Object.entries({
      'the primary is killed': crashes,
      'the primary is stopped in order': planned,
    })) {
      const sum = (key: 'errors' | 'readErrors') => all.reduce((total: number, it: Round) => total + it[key], 0)
      console.log(`  ${name}: its share ${spread(all, 'shareMs')}; the promotion ${spread(all, 'engineMs')}`)
      console.log(`    writes that failed: ${sum('errors')}; reads that failed: ${sum('readErrors')}`)
    }
  }
}

function spread(all: readonly Round[], key: 'shareMs' | 'engineMs'): string {
  const sorted = all.map((it) => it[key])
  return `${median(sorted).toFixed(0)} (${Math.min(...sorted).toFixed(0)} to ${Math.max(...sorted).toFixed(0)})`
}

const cluster = await startCluster({ replicas: 2 })
try {
  const pool = new Pool({ nodes: cluster.nodes.map((it) => ({ url: it.url, name: it.name })) })
  await pool.query('create table t (n int)')
  const results: Results = { sluice: await measure(pool, rounds) }
  await pool.end()
  if (isPgpoolThere) results.pgpool = await measurePgpool()
  print(results)
} finally {
  await cluster.stop()
}

/** A plain pool on it: fewer rounds, for each takes a while. */
async function measurePgpool(): Promise<Measured> {
  const pgpool = await Pgpool.start(cluster)
  const pool = new pg.Pool({
    connectionString: pgpool.urlFor(cluster),
    connectionTimeoutMillis: 5000,
    query_timeout: 30_000,
  })
  pool.on('error', () => undefined)
  try {
    return await measure(pool, Math.ceil(rounds / 3), () => pgpool.whole(cluster))
  } finally {
    await pool.end()
    await pgpool.stop()
  }
}

/** @param isWhole resolves when whoever is between uses all nodes. */
async function measure(pool: AnyPool, count: number, isWhole = async () => {}): Promise<Measured> {
  const rounds = async (mode: 'kill' | 'fast') => {
    const all: Round[] = []
    for (let i = 0; i < count; i++) {
      await isWhole()
      all.push(await round(cluster, pool, (old) => old.stop(mode)))
    }
    return all
  }
  return { crashes: await rounds('kill'), planned: await rounds('fast') }
}
