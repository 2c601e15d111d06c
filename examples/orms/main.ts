// A bookshop with orders, in Drizzle, Kysely, Prisma or TypeORM, on a real primary with two standbys that it starts itself:
//
//   npm run example:drizzle
//
// It says which node answered what, kills a replica, and then the primary. With `-- --json`, one JSON object.
import { withSession } from '../../src/index.js'
import { Pool } from '../../src/pg.js'
import { startCluster } from '../../src/testing.js'
import { type Bookshop, SCHEMA, SoldOut } from './bookshop.js'

const LIBRARIES = ['drizzle', 'kysely', 'prisma', 'typeorm']

interface Chapter {
  readonly what: string
  readonly result: unknown
  /** By node, how many statements of it ran there. */
  readonly ranOn: Readonly<Record<string, number>>
}

const [library = '', ...flags] = process.argv.slice(2)
if (!LIBRARIES.includes(library)) {
  process.stderr.write(`name one of ${LIBRARIES.join(', ')}\n`)
  process.exit(2)
}
const isJson = flags.includes('--json')
const chapters: Chapter[] = []
const ranOn: Record<string, number> = {}

const cluster = await startCluster({ replicas: 2 })
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void cluster.stop().then(() => process.exit(1)))
try {
  await cluster.primary.admin(SCHEMA)
  await cluster.primary.admin('grant all on all tables in schema public to app')
  await cluster.waitForReplay()
  const pool = new Pool({
    primary: { name: 'primary', url: cluster.primary.url },
    replicas: cluster.replicas.map(({ name, url }) => ({ name, url })),
  })
  pool.on('routed', ({ node }) => {
    ranOn[node] = (ranOn[node] ?? 0) + 1
  })
  const { openBookshop } = (await import(`./${library}/bookshop.js`)) as {
    openBookshop(pool: Pool): Bookshop | Promise<Bookshop>
  }
  const shop = await openBookshop(pool)
  await story(shop)
  await shop.close()
  await pool.end()
} finally {
  await cluster.stop()
}
if (isJson) console.log(JSON.stringify({ library, chapters }))

async function story(shop: Bookshop): Promise<void> {
  const emma = await chapter('two books are put on the shelf', async () => {
    await shop.add('Persuasion', 3)
    return shop.add('Emma', 5)
  })
  await chapter('a customer orders two copies of Emma, and looks at the shelf at once', () =>
    withSession(async () => {
      await shop.order(emma, 2)
      return shop.shelf()
    }),
  )
  await chapter('two customers want the last three copies', async () => {
    const both = await Promise.allSettled([shop.order(emma, 3), shop.order(emma, 3)])
    return both.map((it) =>
      it.status === 'fulfilled' ? 'ordered' : it.reason instanceof SoldOut ? 'sold out' : 'failed',
    )
  })
  await chapter('a replica is killed while forty customers look at the shelf', async () => {
    const killed = cluster.replicas[0]!.stop('kill')
    const looks = await Promise.allSettled(Array.from({ length: 40 }, () => shop.shelf()))
    await killed
    return `${looks.filter((it) => it.status === 'fulfilled').length} of 40 saw it`
  })
  await chapter('the primary dies, the other replica takes its place, and a customer orders', async () => {
    await cluster.primary.stop('immediate')
    await cluster.promote('replica-2')
    return withSession(async () => {
      await shop.order(1, 1)
      return shop.shelf()
    })
  })
}

async function chapter<Result>(what: string, happen: () => Promise<Result>): Promise<Result> {
  for (const node of Object.keys(ranOn)) delete ranOn[node]
  const result = await happen()
  chapters.push({ what, result, ranOn: { ...ranOn } })
  if (!isJson) {
    console.log(`\n${what}`)
    if (Array.isArray(result) && typeof result[0] === 'object') console.table(result)
    else if (typeof result !== 'number') console.log(`  ${String(result)}`)
    const nodes = Object.entries(ranOn).map(([node, count]) => `${node} ${count}`)
    console.log(`  statements: ${nodes.join(', ')}`)
  }
  return result
}
