// A pool on a real Patroni cluster of three members, that sees its leader moved, and then killed: `npm run example:patroni`.
//
// Needs Debian's packages patroni, etcd-server and postgresql-15. --json prints one JSON object at the end.
import { parseArgs } from 'node:util'
import { outcomeOf } from '../../src/index.js'
import { Pool } from '../../src/pg.js'
import { patroni } from '../../src/topology.js'
// Only how the cluster is started; a company has one already.
import { PatroniCluster, patroniPart } from '../../test/support/engines/patroni.js'

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } })
const { isThere, what } = patroniPart('the example')
if (!isThere) {
  console.error(`example:patroni needs ${what}`)
  process.exit(1)
}

const say = (text: string) => void (values.json || console.log(text))
const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`

say('starting Patroni with three members, and etcd')
const cluster = await PatroniCluster.start()
const interrupted = () => void cluster.stop().finally(() => process.exit(130))
process.once('SIGINT', interrupted)
process.once('SIGTERM', interrupted)

// All that an application needs to say: who it is, and where Patroni answers.
const pool = new Pool({ ...cluster.user, topology: patroni({ members: cluster.apis }), holdWritesMs: 30_000 })
pool.on('writesHeld', () => say('  no primary: writes wait'))
pool.on('writesReleased', ({ count, heldMs }) => say(`  ${count} statements waited, for ${seconds(heldMs)} at most`))
pool.on('nodeChangedRole', ({ node, to }) => say(`  ${node} is a ${to} now`))

const counts = { writes: 0, reads: 0, readErrors: 0, notSent: 0, unknown: 0 }
try {
  await pool.query('create table orders (n int)')
  let isOver = false
  const loops = [...Array.from({ length: 3 }, () => write()), ...Array.from({ length: 3 }, () => read())]
  await forMs(2000)
  say(`\n${await cluster.leader()} leads; an operator asks Patroni for a switchover`)
  await cluster.switchover()
  await forMs(6000)
  await cluster.whole()
  say(`\n${await cluster.leader()} leads; its machine dies`)
  await cluster.killLeader()
  await forMs(12_000)
  isOver = true
  await Promise.all(loops)
  const { rows } = await pool.query({ text: 'select count(*)::int as n from orders', route: 'primary' })
  const stored: number = rows[0]?.['n'] ?? 0
  if (values.json) console.log(JSON.stringify({ ...counts, stored }))
  else {
    console.log(`\nreads   ${counts.reads}, ${counts.readErrors} failed
writes  ${counts.writes} acknowledged, ${counts.notSent} failed, ${counts.unknown} of which nobody knows
orders  ${stored} stored: ${stored >= counts.writes ? 'no acknowledged write is lost' : 'SOME ARE LOST'}`)
  }

  async function write(): Promise<void> {
    while (!isOver) {
      await pool.query('insert into orders values (1)').then(
        () => counts.writes++,
        (error: unknown) => counts[outcomeOf(error) === 'unknown' ? 'unknown' : 'notSent']++,
      )
      await forMs(5)
    }
  }

  async function read(): Promise<void> {
    while (!isOver) {
      await pool.query('select count(*) from orders').then(
        () => counts.reads++,
        () => counts.readErrors++,
      )
      await forMs(5)
    }
  }
} finally {
  await pool.end()
  await cluster.stop()
}

function forMs(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
