import { systemClock } from '../src/base/clock.js'
import { Cluster } from '../src/cluster/cluster.js'
import { currentSession, withSession } from '../src/cluster/session.js'
import { classificationCache } from '../src/dialect/postgresql/classification-cache.js'
import { postgres } from '../src/dialect/postgresql/dialect.js'
import type { Driver, NodePool } from '../src/model/driver.js'
import { makeBalancer } from '../src/routing/balancers/make-balancer.js'
import { resolveConfig } from '../src/routing/config.js'
import { inTurn, machine } from './measure.js'

/*
 * What routing adds to a statement, over a driver that answers at once: cache, need, session, choice, counting, retry.
 * A real server hides all of it. `npm run bench -- routing [--json]`.
 */

const ROUNDS = 25
const STATEMENTS = 100_000
const TEXT = 'select id, title, price from books where author_id = $1 and price < $2 order by title limit 20'

const answer = Promise.resolve({ rows: [] })

/** Answers at once. */
class NullPool implements NodePool<string, unknown> {
  readonly #status: Promise<readonly unknown[]>
  readonly total = 0
  readonly idle = 0
  readonly waiting = 0
  readonly unfinished = 0
  run(): Promise<unknown> {
    return answer
  }
  constructor(isReplica: boolean) {
    const place = { in_recovery: isReplica, written: isReplica ? null : '0/1000', replayed: '0/1000', timeline: 1 }
    this.#status = Promise.resolve([
      {
        ...place,
        system: '1',
        started: 'now',
        receiving: true,
        receives: null,
        read_only: false,
        block: 8192,
        segment: 16_777_216,
      },
    ])
  }
  ask(): Promise<readonly unknown[]> {
    return this.#status
  }
  askAtLeisure(): Promise<readonly unknown[]> {
    return new Promise(() => undefined)
  }
  abandon(): void {}
  async close(): Promise<void> {}
}

const driver: Driver<NullPool> = {
  open: ({ role }) => new NullPool(role === 'replica'),
  judge: () => ({ failure: 'statement', outcome: 'unknown' }),
}

const cluster = new Cluster<NullPool>({
  config: resolveConfig({ primary: 'postgres://p/db', replicas: ['postgres://a/db', 'postgres://b/db'] }),
  driver,
  dialect: postgres,
  clock: systemClock,
  random: Math.random,
  makeBalancer: (choice) => makeBalancer(choice, { random: Math.random, zone: undefined }),
  makeCache: (classify) => classificationCache({ maxTexts: 1000, classify }),
  ejectMs: (ms) => ms,
})

const plain = new NullPool(true)

function routed(): Promise<unknown> {
  return cluster.run({
    text: TEXT,
    found: cluster.statements.classify(TEXT),
    call: { route: undefined, consistency: undefined, shard: undefined, session: currentSession() },
    preferred: undefined,
    send: (pool) => pool.run(),
  })
}

async function loop(statement: () => Promise<unknown>): Promise<number> {
  const from = process.hrtime.bigint()
  for (let n = 0; n < STATEMENTS; n++) await statement()
  return Number(process.hrtime.bigint() - from) / STATEMENTS
}

const direct = () => plain.run()
const results = await inTurn(['direct', 'routed', 'direct in a session', 'routed in a session'], ROUNDS, (name) => {
  const statement = name.startsWith('direct') ? direct : routed
  return name.endsWith('session') ? withSession(() => loop(statement)) : loop(statement)
})

global.gc?.()
const before = process.memoryUsage().heapUsed
await loop(routed)
await loop(routed)
global.gc?.()
const grownBytes = process.memoryUsage().heapUsed - before

const added = {
  outside: results.routed.median - results.direct.median,
  inSession: results['routed in a session'].median - results['direct in a session'].median,
}
if (process.argv.includes('--json')) {
  console.log(JSON.stringify({ part: 'routing', machine, rounds: ROUNDS, unit: 'ns', results, added, grownBytes }))
} else {
  console.log('\nRouting over a driver that answers at once, ns for each statement (median)')
  for (const [name, { median }] of Object.entries(results))
    console.log(`  ${name.padEnd(24)}${median.toFixed(0).padStart(6)}`)
  console.log(`  added outside a session ${added.outside.toFixed(0).padStart(6)}   (goal 100)`)
  console.log(`  added inside one        ${added.inSession.toFixed(0).padStart(6)}   (goal 250)`)
  console.log(`  heap grown by ${STATEMENTS * 2} statements: ${(grownBytes / 1024).toFixed(0)} KiB`)
}
process.exit(0)
