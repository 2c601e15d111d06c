// Measures: `npm run bench`, or `npm run bench -- routing`. Compiles first, so that no loader is in the figures.
//
// --json prints one JSON object for each part.
import { execFileSync, spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'

const PARTS = ['classify', 'routing', 'pool', 'consistency', 'offload', 'failover']
const flags = process.argv.slice(2).filter((arg) => arg.startsWith('--'))
const given = process.argv.slice(2).filter((arg) => !arg.startsWith('--'))
const unknown = given.filter((name) => !PARTS.includes(name))
if (unknown.length > 0) {
  console.error(`bench: there is no ${unknown.join(', ')}; there are ${PARTS.join(', ')}`)
  process.exit(2)
}
rmSync('.cache/bench', { recursive: true, force: true })
execFileSync('npx', ['tsc', '-p', 'tsconfig.bench.json'], { stdio: 'inherit' })
for (const part of given.length > 0 ? given : PARTS) {
  const { status } = spawnSync(process.execPath, ['--expose-gc', `.cache/bench/bench/${part}.js`, ...flags], {
    stdio: 'inherit',
  })
  if (status !== 0) process.exit(status ?? 1)
}
