import pg from 'pg'
import { Pool } from '../src/pg.js'
import { startCluster } from '../src/testing.js'
import { inTurn, machine } from './measure.js'

/*
 * A plain `pg.Pool` and ours, interleaved, over the same server: one and 32 callers at a time; simple, parameterised and
 * named statements. `A/A` is a second plain pool: what differs there is noise. `npm run bench -- pool [--json]`.
 */

const ROUNDS = 11
const ROUND_MS = 250

const SHAPES: Readonly<Record<string, (n: number) => pg.QueryConfig>> = {
  simple: () => ({ text: 'select 1 as n' }),
  parameterised: (n) => ({ text: 'select $1::int as n', values: [n] }),
  named: (n) => ({ name: 'n', text: 'select $1::int as n', values: [n] }),
}

const cluster = await startCluster({ replicas: 1, gates: false })
const url = cluster.replicas[0]?.url as string
const options = { max: 32 }
const subjects = {
  plain: new pg.Pool({ connectionString: url, ...options }),
  'A/A': new pg.Pool({ connectionString: url, ...options }),
  // Reads go to its one replica, so that all subjects ask the same server.
  sluice: new Pool({ primary: cluster.primary.url, replicas: [url], ...options }),
}
type Subject = keyof typeof subjects
const names = Object.keys(subjects) as Subject[]

const report: unknown[] = []
for (const callers of [1, 32]) {
  for (const [shape, query] of Object.entries(SHAPES)) {
    const results = await inTurn(names, ROUNDS, (name) => microseconds(subjects[name], query, callers))
    const ratio = {
      sluice: results.sluice.median / results.plain.median,
      'A/A': results['A/A'].median / results.plain.median,
    }
    report.push({ callers, shape, unit: 'us per statement', results, ratio })
    if (!process.argv.includes('--json')) print(callers, shape, results, ratio)
  }
}
if (process.argv.includes('--json')) {
  console.log(JSON.stringify({ part: 'pool', machine, postgres: cluster.major, pg: '8', rounds: ROUNDS, report }))
}
await Promise.all(names.map((name) => subjects[name].end()))
await cluster.stop()

async function microseconds(pool: pg.Pool, query: (n: number) => pg.QueryConfig, callers: number): Promise<number> {
  const until = performance.now() + ROUND_MS
  let statements = 0
  const caller = async () => {
    while (performance.now() < until) await pool.query(query(statements++))
  }
  const from = performance.now()
  await Promise.all(Array.from({ length: callers }, caller))
  return ((performance.now() - from) * 1000) / statements
}

function print(
  callers: number,
  shape: string,
  results: Record<Subject, { median: number }>,
  ratio: Record<string, number>,
): void {
  const columns = names.map((name) => `${name} ${results[name].median.toFixed(1)}`).join('   ')
  const ratios = `sluice/plain ${ratio['sluice']?.toFixed(3)}   A/A ${ratio['A/A']?.toFixed(3)}`
  console.log(`${String(callers).padStart(3)} at a time, ${shape.padEnd(14)} us: ${columns}   ${ratios}`)
}
