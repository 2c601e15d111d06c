// Runs the suites that depend on versions, on each supported PostgreSQL and each Node.js of test/versions.
//
// `npm ci --prefix test/versions` brings them. Fails when one is missing: this command exists for nothing else.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findPrograms } from '../src/replication/postgresql/local/programs.js'
import { NODE_VERSIONS, OTHER_VERSIONS, POSTGRES_VERSIONS, type Version } from '../test/support/versions.js'

/** What servers of other versions could answer differently. */
const LIVE = [
  ...['test/contract', 'test/live/pool', 'test/live/consistency', 'test/live/makara.test.ts'],
  ...['start', 'controls', 'network', 'promotion', 'looking'].map((it) => `test/live/testing/${it}.test.ts`),
]
/** Between the oldest and the newest: what a server says of itself and of SQL, and the heart of the pool. */
const BETWEEN = [
  ...['test/contract', 'test/live/pool/routing.test.ts', 'test/live/consistency/levels.test.ts'],
  ...['start', 'promotion'].map((it) => `test/live/testing/${it}.test.ts`),
]
/** The whole program once, but for what only the servers could do differently. */
const PROGRAM = ['test/unit', 'test/tables', 'test/contract', 'test/live/pool', 'test/live/orms/newer.test.ts']

interface Run {
  readonly name: string
  readonly version: Version
  readonly node: string
  readonly env: Readonly<Record<string, string>>
  readonly suites: readonly string[]
}

const folder = mkdtempSync(join(tmpdir(), 'matrix-'))
// `npm test` runs all of it on the PostgreSQL that is found here: not twice.
const own = (await findPrograms(folder, {})).major
const runs: readonly Run[] = [
  ...POSTGRES_VERSIONS.filter(({ major }) => major !== own).map((version) => ({
    name: `PostgreSQL ${version.major}`,
    version,
    node: process.execPath,
    env: { SLUICE_PG_BIN: version.path },
    suites: version === POSTGRES_VERSIONS[0] || version === POSTGRES_VERSIONS.at(-1) ? LIVE : BETWEEN,
  })),
  ...NODE_VERSIONS.map((version) => ({
    name: `Node.js ${version.major}`,
    version,
    node: version.path,
    env: {},
    suites: PROGRAM,
  })),
]

console.log(`PostgreSQL ${own}: npm test runs on it`)
const failed = runs.filter((run) => !passes(run))
// The runs that passed since then have pushed it far up.
for (const { name } of failed) console.log(`\nfailed on ${name}:\n${failuresOf(name).replace(/^(?=.)/gm, '  ')}`)
rmSync(folder, { recursive: true })
console.log(`\nmatrix: ${runs.length - failed.length} passed, ${failed.length} failed`)
process.exitCode = failed.length === 0 ? 0 : 1

function passes({ name, version, node, env, suites }: Run): boolean {
  console.log(`\n=== ${name}`)
  if (!version.isThere) {
    writeFileSync(join(folder, name), `${version.path} is not there: it needs ${OTHER_VERSIONS}`)
    return false
  }
  const args = ['--import', 'tsx', 'scripts/test.ts', ...suites.filter((it) => existsSync(it))]
  const { status } = spawnSync(node, args, {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...env, SLUICE_FAILURES: join(folder, name) },
  })
  return status === 0
}

function failuresOf(name: string): string {
  const path = join(folder, name)
  return existsSync(path) ? readFileSync(path, 'utf8').trimEnd() : 'its run did not end by itself'
}
