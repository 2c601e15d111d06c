// Runs the suites that depend on versions: on each PostgreSQL and each Node.js of test/versions.
//
// `npm ci --prefix test/versions` brings them. Fails when one is missing: this command exists for nothing else.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'

const root = resolve('test/versions/node_modules')
const live = ['test/live/pool', 'test/live/testing', 'test/contract']
const pure = ['test/unit', 'test/tables', 'test/live/pool']

const runs = [
  ...[14, 15, 16, 17].map((major) => {
    const binDir = join(root, `pg${major}`, 'native', 'bin')
    return {
      name: `PostgreSQL ${major}`,
      needs: binDir,
      node: process.execPath,
      env: { SLUICE_PG_BIN: binDir },
      suites: live,
    }
  }),
  ...[22, 24].map((major) => {
    const node = join(root, `node${major}`, 'bin', 'node')
    return { name: `Node.js ${major}`, needs: node, node, env: {}, suites: pure }
  }),
]

let failed = 0
for (const { name, needs, node, env, suites } of runs) {
  console.log(`\n=== ${name}`)
  if (!existsSync(needs)) {
    console.error(`${needs} is not there: npm ci --prefix test/versions`)
    failed++
    continue
  }
  const { status } = spawnSync(node, ['scripts/test.mjs', ...suites.filter((it) => existsSync(it))], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...env },
  })
  if (status !== 0) failed++
}
console.log(`\nmatrix: ${runs.length - failed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
