import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { startCluster, type TestCluster } from '../../src/testing.js'
import { need } from '../support/need.js'

const HERE = import.meta.dirname
const SUITE = join(HERE, 'node_modules/pg-pool-suite/test')

interface Exception {
  readonly title: string
  readonly reason: string
}

/** Cases that fail by their nature: with the original too, or because they only make sense for one server. */
const exceptions = JSON.parse(readFileSync(join(HERE, 'exceptions.json'), 'utf8')) as Record<
  'original' | 'cluster',
  readonly Exception[]
>

const part = {
  suite: "pg-pool's own test-suite",
  what: 'npm packages of its own (npm ci --prefix test/pg-pool)',
  isThere: existsSync(SUITE),
}

describe("pg-pool's own test-suite passes", need(part), () => {
  let cluster: TestCluster
  before(async () => {
    cluster = await startCluster({ replicas: 2 })
  })
  after(() => cluster?.stop())

  for (const [kind, title, allowed, least] of [
    ['original', 'with pg-pool itself, but for what newer versions of pg changed', exceptions.original, 70],
    ['single', 'with our Pool over one server, but for the same', exceptions.original, 70],
    ['cluster', 'with our Pool over a primary and two replicas, but for what means one server', exceptions.cluster, 40],
  ] as const) {
    test(title, async () => {
      const { passed, failed } = await runSuite(kind, cluster)
      assert.deepEqual([...new Set(failed)].sort(), allowed.map((it) => it.title).sort())
      assert.ok(passed >= least, `only ${passed} passed`)
    })
  }
})

interface SuiteResult {
  readonly passed: number
  readonly failed: readonly string[]
}

/** File by file, so that one that ends its process does not hide the others. */
async function runSuite(kind: string, cluster: TestCluster): Promise<SuiteResult> {
  const files = readdirSync(SUITE).filter((name) => name.endsWith('.js') && name !== 'setup.js')
  let passed = 0
  const failed: string[] = []
  for (const file of files) {
    const result = await runFile(join(SUITE, file), kind, cluster)
    passed += result.passed
    failed.push(...result.failed)
  }
  return { passed, failed }
}

/** Waits without blocking: the gates of the cluster live in this process. */
async function runFile(file: string, kind: string, cluster: TestCluster): Promise<SuiteResult> {
  const url = new URL(cluster.primary.url)
  const mocha = join(HERE, 'node_modules/mocha/bin/mocha.js')
  const args = ['--import', 'tsx', '--no-deprecation', mocha, '--reporter', 'json', '--exit', '--timeout', '10000']
  const env = {
    ...process.env,
    PGHOST: url.hostname,
    PGPORT: url.port,
    PGUSER: url.username,
    PGPASSWORD: url.password,
    PGDATABASE: url.pathname.slice(1),
    SLUICE_SUITE_POOL: kind,
    SLUICE_SUITE_REPLICAS: cluster.replicas.map((it) => it.url).join(' '),
  }
  const all = [...args, '--require', join(HERE, 'preload.cjs'), file]
  const stdout = await new Promise<string>((resolve) => {
    // Mocha's exit code counts the failures; which ones is what matters here.
    execFile(process.execPath, all, { maxBuffer: 64 * 1024 * 1024, env }, (_error, text) => resolve(text))
  })
  const start = stdout.indexOf('{\n  "stats"')
  if (start < 0) return { passed: 0, failed: [`${basename(file)} ended its process`] }
  const report = JSON.parse(stdout.slice(start)) as { stats: { passes: number }; failures: { fullTitle: string }[] }
  return { passed: report.stats.passes, failed: report.failures.map((it) => it.fullTitle) }
}
