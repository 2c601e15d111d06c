// A bookshop on a real primary with two standbys: npm run demo
//
// Shows which node serves each statement and why, kills a standby under load, brings it back, and ends with a table.
// --json prints the table as one JSON object. Exit code 1 when a statement failed or a customer missed their own order.
import pg from 'pg'
import { Pool } from '../../src/pg.js'
import { startCluster, type TestCluster } from '../../src/testing.js'
import { SCHEMA, visit } from './bookshop.js'
import { liveScreen, plainScreen, type Screen, silentScreen } from './screen.js'

const CUSTOMERS = 8
const CHAPTER_MS = 2500
const READS = 500
const isJson = process.argv.includes('--json')

/** What the demo ends with. */
interface Report {
  readonly statements: number
  /** Of all statements, by node. */
  readonly shares: Readonly<Record<string, number>>
  /** Statements that the application saw fail. */
  readonly errors: number
  /** Orders that their own customer did not find. */
  readonly missedOwnOrders: number
  /** Failures of a node that the application saw nothing of. */
  readonly failuresHidden: number
  /** Of one read, one at a time, in milliseconds. */
  readonly medianMs: { readonly sluice: number; readonly plainPool: number }
}

const screen = isJson ? silentScreen : process.stdout.isTTY ? liveScreen(write) : plainScreen(write)
const controller = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => controller.abort())

screen.say('Starting a primary and two standbys …')
const cluster = await startCluster({ replicas: 2 })
try {
  const report = await show(cluster, screen)
  screen.close()
  write(isJson ? `${JSON.stringify(report)}\n` : tableOf(report))
  process.exitCode = report.errors + report.missedOwnOrders === 0 ? 0 : 1
} finally {
  screen.close()
  await cluster.stop()
}

async function show(cluster: TestCluster, screen: Screen): Promise<Report> {
  const setup = new pg.Client({ connectionString: cluster.primary.url })
  await setup.connect()
  await setup.query(SCHEMA)
  await setup.end()
  await cluster.waitForReplay()

  const pool = new Pool({
    primary: cluster.primary.url,
    replicas: cluster.replicas.map((replica) => replica.url),
    ejectMs: 500,
  })
  const totals = { statements: 0, errors: 0, missed: 0 }
  follow(pool, screen)
  const shop = openShop(pool, totals)
  const picture = setInterval(() => screen.nodes(linesOf(pool), totals.errors), 100)
  try {
    await chapter(
      `${CUSTOMERS} customers in a bookshop on PostgreSQL ${cluster.major}: reads on replicas, orders on the primary`,
    )
    await chapter('A standby is killed: kill -9', () => cluster.stop('replica-2', 'kill'))
    await chapter('It comes back', () => cluster.start('replica-2'))
  } finally {
    clearInterval(picture)
    await shop.close()
  }
  const counts = pool.stats()
  const medianMs = { sluice: await medianOf(pool), plainPool: await plainMedian(cluster) }
  await pool.end()
  const served = counts.nodes.reduce((sum, node) => sum + node.served, 0)
  return {
    statements: totals.statements,
    shares: Object.fromEntries(counts.nodes.map((node) => [node.node, node.served / served])),
    errors: totals.errors,
    missedOwnOrders: totals.missed,
    failuresHidden: counts.nodes.reduce((sum, node) => sum + node.retriedElsewhere, 0),
    medianMs,
  }

  async function chapter(title: string, act?: () => Promise<void>): Promise<void> {
    if (controller.signal.aborted) return
    screen.say(title)
    await act?.()
    await new Promise<void>((resolve) => {
      setTimeout(resolve, CHAPTER_MS)
      controller.signal.addEventListener('abort', () => resolve(), { once: true })
    })
  }
}

/** Customers come and go until the shop is closed. */
function openShop(pool: Pool, totals: { statements: number; errors: number; missed: number }) {
  let isOpen = true
  const customer = async (number: number) => {
    for (let n = 0; isOpen; n++) {
      try {
        const { statements, missedOwnOrder } = await visit(pool, `customer ${number}-${n}`, n % 5 === 0)
        totals.statements += statements
        if (missedOwnOrder) totals.missed++
      } catch (error) {
        totals.errors++
        screen.event((error as Error).message)
      }
    }
  }
  const customers = Array.from({ length: CUSTOMERS }, (_, number) => customer(number))
  return {
    close: async () => {
      isOpen = false
      await Promise.all(customers)
    },
  }
}

function follow(pool: Pool, screen: Screen): void {
  pool.on('routed', (route) => screen.route(route))
  pool.on('nodeWentDown', ({ node, cause }) => screen.event(`${node} went down: ${cause.message}`))
  pool.on('nodeCameUp', ({ node, downMs }) => screen.event(`${node} is back after ${downMs} ms`))
  let retried = 0
  pool.on('statementRetried', ({ from, to, because }) => {
    if (++retried <= 3) screen.event(`a statement failed on ${from} (${because}) and ran on ${to}: nobody noticed`)
  })
}

function linesOf(pool: Pool) {
  const served = new Map(pool.stats().nodes.map((node) => [node.node, node.served]))
  return pool.view().nodes.map((node) => ({
    name: node.name,
    role: node.role,
    health: node.health.state,
    served: served.get(node.name) ?? 0,
  }))
}

async function medianOf(pool: pg.Pool): Promise<number> {
  const times: number[] = []
  for (let n = 0; n < READS; n++) {
    const from = performance.now()
    await pool.query('select title from books where id = $1', [1 + (n % 200)])
    times.push(performance.now() - from)
  }
  return times.sort((a, b) => a - b)[READS / 2] ?? Number.NaN
}

async function plainMedian(cluster: TestCluster): Promise<number> {
  const plain = new pg.Pool({ connectionString: cluster.primary.url })
  try {
    return await medianOf(plain)
  } finally {
    await plain.end()
  }
}

function tableOf(report: Report): string {
  const rows: [string, string][] = [
    ['statements', String(report.statements)],
    ...Object.entries(report.shares).map(([node, share]): [string, string] => [
      `  on ${node}`,
      `${(share * 100).toFixed(1)} %`,
    ]),
    ['errors', String(report.errors)],
    ['own orders missed', String(report.missedOwnOrders)],
    ['failures hidden', String(report.failuresHidden)],
    ['median read, Sluice', `${report.medianMs.sluice.toFixed(3)} ms`],
    ['median read, pg.Pool on the primary', `${report.medianMs.plainPool.toFixed(3)} ms`],
  ]
  return `\n${rows.map(([name, value]) => `${name.padEnd(38)}${value.padStart(12)}`).join('\n')}\n`
}

function write(text: string): void {
  process.stdout.write(text)
}
