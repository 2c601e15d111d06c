import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import { withSession } from '../src/index.js'
import { Pool } from '../src/pg.js'
import { startCluster } from '../src/testing.js'
import { inTurn, machine } from './measure.js'

/*
 * What reading your own writes costs: a plain `pg.Pool` on the primary, and ours with `consistency: 'session'`, each
 * statement in a session of its own. Writes at 1, 8 and 32 at a time, reads likewise, and how many questions for
 * positions one write takes. `write` waits for the disk, as a write must that is to last; `unsafe write` (`fsync` off) does
 * not, and shows what else there is. `A/A` is a second plain pool: what differs there is noise.
 *
 * Then what a session costs that reads on a replica, and writes: at `session` beside `eventual`, without and with a
 * synchronous standby. With one, the write waits until the primary shows what the replica has shown.
 *
 * `npm run bench -- consistency [--json]`.
 */

const ROUNDS = 15
const ROUND_MS = 300
const CALLERS = [1, 8, 32]
/** By then every node has been asked what it is. */
const PROBED_MS = 2500

const cluster = await startCluster({ replicas: 2, gates: false })
await cluster.primary.admin('create table entries (id bigint generated always as identity, body text)')
await cluster.primary.admin('grant all on entries to app')
const options = { max: 32 }
const plain = new pg.Pool({ connectionString: cluster.primary.url, ...options })
const again = new pg.Pool({ connectionString: cluster.primary.url, ...options })
const sluice = new Pool({ primary: cluster.primary.url, replicas: cluster.replicas.map((it) => it.url), ...options })

const WRITE = { text: 'insert into entries (body) values ($1)', values: ['a line of an order'] }
const READ = { text: 'select $1::int as n', values: [1] }
const subjects = {
  plain: (query: pg.QueryConfig) => plain.query(query),
  'A/A': (query: pg.QueryConfig) => again.query(query),
  sluice: (query: pg.QueryConfig) => withSession(() => sluice.query(query)),
}
const names = Object.keys(subjects) as (keyof typeof subjects)[]

const report: unknown[] = []
for (const [kind, query] of [
  ['write', WRITE],
  ['unsafe write', WRITE],
  ['read', READ],
] as const) {
  await cluster.primary.admin(`alter system set fsync = ${kind === 'write'}`)
  await cluster.primary.admin('select pg_reload_conf()')
  for (const callers of CALLERS) {
    const before = questions()
    let writes = 0
    const results = await inTurn(names, ROUNDS, async (name) => {
      const { statements, microseconds } = await round(() => subjects[name](query), callers)
      if (name === 'sluice') writes += statements
      return microseconds
    })
    const ratio = results.sluice.median / results.plain.median
    const noise = results['A/A'].median / results.plain.median
    const perWrite = query === WRITE ? (questions() - before) / writes : undefined
    report.push({ kind, callers, unit: 'us per statement', results, ratio, noise, questionsPerWrite: perWrite })
    if (!process.argv.includes('--json')) {
      const asked = perWrite === undefined ? '' : `   ${perWrite.toFixed(3)} questions for each write`
      const medians = names.map((name) => `${name} ${results[name].median.toFixed(1)}`).join('   ')
      console.log(
        `${String(callers).padStart(3)} at a time, ${kind.padEnd(12)} us: ${medians}   ` +
          `throughput ${(1 / ratio).toFixed(3)} of plain, A/A ${(1 / noise).toFixed(3)}${asked}`,
      )
    }
  }
}
const levels = ['eventual', 'again', 'session'] as const
const pair = (consistency: 'eventual' | 'session') =>
  withSession({ consistency }, async () => {
    await sluice.query(READ)
    await sluice.query(WRITE)
  })
await cluster.primary.admin('alter system set fsync = on')
for (const names of ['', 'ANY 1 (*)']) {
  await cluster.primary.admin(`alter system set synchronous_standby_names = '${names}'`)
  await cluster.primary.admin('select pg_reload_conf()')
  await wait(PROBED_MS)
  for (const callers of CALLERS) {
    const results = await inTurn(levels, ROUNDS, async (level) => {
      const statement = () => pair(level === 'session' ? 'session' : 'eventual')
      return (await round(statement, callers)).microseconds
    })
    const ratio = results.session.median / results.eventual.median
    const noise = results.again.median / results.eventual.median
    report.push({ kind: 'read, then write', synchronous: names, callers, unit: 'us per pair', results, ratio, noise })
    if (!process.argv.includes('--json')) {
      const medians = levels.map((level) => `${level} ${results[level].median.toFixed(1)}`).join('   ')
      const how = names === '' ? 'asynchronous' : 'synchronous'
      console.log(
        `${String(callers).padStart(3)} at a time, read + write, ${how.padEnd(12)} us: ${medians}   ` +
          `throughput ${(1 / ratio).toFixed(3)} of eventual, A/A ${(1 / noise).toFixed(3)}`,
      )
    }
  }
}
if (process.argv.includes('--json')) {
  console.log(JSON.stringify({ part: 'consistency', machine, postgres: cluster.major, rounds: ROUNDS, report }))
}
await Promise.all([plain.end(), again.end(), sluice.end()])
await cluster.stop()

function questions(): number {
  return sluice.stats().nodes.find((it) => it.node === 'primary')?.positionQuestions ?? 0
}

async function round(statement: () => Promise<unknown>, callers: number) {
  const until = performance.now() + ROUND_MS
  let statements = 0
  const caller = async () => {
    for (; performance.now() < until; statements++) await statement()
  }
  const from = performance.now()
  await Promise.all(Array.from({ length: callers }, caller))
  return { statements, microseconds: ((performance.now() - from) * 1000) / statements }
}
