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
  /** It hangs on a timer, and passes at other times. */
  readonly isSometimes?: boolean
}

/** The suite measures by timers of a few milliseconds: on a busy machine a case may fail that says nothing of the pool. */
const TRIES = 3

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
  /** What fails with the original, here and now, says nothing of ours: it gives a busy machine too little time. */
  let failedByOriginal: readonly string[] = []
  before(async () => {
    cluster = await startCluster({ replicas: 2 })
  })
  after(() => cluster?.stop())

  for (const [kind, title, allowed, least] of [
    ['original', 'with pg-pool itself, but for what newer versions of pg changed', exceptions.original, 60],
    ['single', 'with our Pool over one server, but for the same', exceptions.original, 60],
    ['cluster', 'with our Pool over a primary and two replicas, but for what means one server', exceptions.cluster, 40],
  ] as const) {
    test(title, async () => {
      const titles = allowed.map((it) => it.title)
      const { passed, failed } = await runSuite(kind, cluster, [...titles, ...failedByOriginal])
      if (kind === 'original') failedByOriginal = failed
      else {
        const unexpected = failed.filter((it) => !titles.includes(it) && !failedByOriginal.includes(it))
        const outdated = allowed.filter((it) => it.isSometimes !== true && !failed.includes(it.title))
        assert.deepEqual({ unexpected, outdated }, { unexpected: [], outdated: [] })
      }
      assert.ok(passed >= least, `only ${passed} passed`)
    })
  }
})

interface SuiteResult {
  readonly passed: number
  readonly failed: readonly string[]
}

/** File by file, so that one that ends its process does not hide the others. */
async function runSuite(kind: string, cluster: TestCluster, allowed: readonly string[]): Promise<SuiteResult> {
  const files = readdirSync(SUITE).filter((name) => name.endsWith('.js') && name !== 'setup.js')
  let passed = 0
  const failed: string[] = []
  for (const file of files) {
    let result = await runFile(join(SUITE, file), kind, cluster)
    for (let tries = 1; tries < TRIES && !result.failed.every((it) => allowed.includes(it)); tries++) {
      const again = await runFile(join(SUITE, file), kind, cluster)
      result = { passed: again.passed, failed: result.failed.filter((it) => again.failed.includes(it)) }
    }
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
