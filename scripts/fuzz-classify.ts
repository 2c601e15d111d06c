// Compares the classifier with PostgreSQL's own parser on random statements, as long as you like.
//
// `npm run fuzz:classify -- --runs 1000000 --seed 1`. Fails when they differ, or when too many plain reads are doubted.
import { parseArgs } from 'node:util'
import { loadModule } from 'libpg-query'
import { compare, factsOf, isDoubted, statementOf } from '../test/contract/classify/comparison.js'

const { values } = parseArgs({ options: { runs: { type: 'string', default: '100000' }, seed: { type: 'string' } } })
const runs = wholeNumber('runs', values.runs)
const first = wholeNumber('seed', values.seed ?? String(Math.floor(Math.random() * 2 ** 31)))
const counts = { understood: 0, plain: 0, doubted: 0, findings: 0 }

await loadModule()
console.log(`${runs} statements from seed ${first}`)
for (let seed = first; seed < first + runs; seed++) tryStatement(seed)
console.log(JSON.stringify(counts))
const doubtsTooMany = counts.doubted > Math.max(1, counts.plain / 200)
if (doubtsTooMany) console.log(`of ${counts.plain} plain reads, ${counts.doubted} are doubted`)
process.exitCode = counts.findings > 0 || doubtsTooMany ? 1 : 0

function tryStatement(seed: number): void {
  const sql = statementOf(seed)
  const facts = factsOf(sql)
  if (facts === undefined) return
  counts.understood++
  try {
    compare(sql, facts)
  } catch (error) {
    counts.findings++
    console.log(`${(error as Error).message}\n  replay: npm run fuzz:classify -- --runs 1 --seed ${seed}`)
  }
  if (!facts.isPlainRead) return
  counts.plain++
  if (isDoubted(sql, facts)) counts.doubted++
}

function wholeNumber(option: string, written: string): number {
  const value = Number(written)
  if (Number.isSafeInteger(value) && value >= 0) return value
  throw new Error(`--${option} takes a whole number, not ${written}`)
}
