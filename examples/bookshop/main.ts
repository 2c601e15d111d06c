// A bookshop that serves a hundred customers on your own cluster, and says which node answered, and whether any customer missed
// the order that they had just placed:
//
//   DATABASE_URL=$(npx sluice url) npm run example:bookshop
//
// It makes two tables, books and orders, in a schema of its own, and drops them in the end.
import { Pool } from '../../src/pg.js'
import { SCHEMA, visit } from '../demo/bookshop.js'

const CUSTOMERS = 100
const AT_ONCE = 4
const OWN = 'sluice_example'

const url = process.env['DATABASE_URL']
if (url === undefined || url === '') {
  process.stderr.write('DATABASE_URL must be the URL of your cluster, with all its nodes: sluice url prints it\n')
  process.exit(2)
}

const pool = new Pool({ connectionString: url, options: `-c search_path=${OWN}` })
pool.on('error', (error) => process.stderr.write(`a connection was lost: ${error.message}\n`))
try {
  await pool.query(`drop schema if exists ${OWN} cascade; create schema ${OWN}; ${SCHEMA}`)
  const missed = await serve()
  const roles = new Map(pool.view().nodes.map(({ name, role }) => [name, role]))
  for (const { node, served } of pool.stats().nodes) {
    console.log(`${node.padEnd(24)} ${(roles.get(node) ?? '').padEnd(8)} ${served} statements`)
  }
  console.log(`${CUSTOMERS} customers, half of them bought a book; ${missed} did not see their own order`)
  process.exitCode = missed === 0 ? 0 : 1
} finally {
  await pool.query(`drop schema if exists ${OWN} cascade`).catch(() => undefined)
  await pool.end()
}

/** @returns how many did not see what they had bought. */
async function serve(): Promise<number> {
  const customers = Array.from({ length: CUSTOMERS }, (_, n) => n)
  let missed = 0
  const till = async () => {
    for (let n = customers.shift(); n !== undefined; n = customers.shift()) {
      const { missedOwnOrder } = await visit(pool, `customer ${n}`, n % 2 === 0)
      if (missedOwnOrder) missed++
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, till))
  return missed
}
