// Runs the tests: `npm test`, or `npm test -- test/unit test/live/pool/routing.test.ts`.
//
// Each run has a temporary folder of its own, so that what it leaves behind can be told from what others do. Ends with
// what failed, however long ago it was printed, and with the suites that were skipped and what brings their parts;
// fails when a server, process or folder is left, and closes with one line of totals. SLUICE_REQUIRE_ALL=1 makes
// whatever is skipped a failure; SLUICE_FAILURES names a file that gets the failures too.
import { spawn } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { endAll, type Leftover, leftovers } from './leftovers.js'

/** Whatever cleans up after a killed test needs a moment: longer than the reaper of a cluster waits for its servers. */
const LEFTOVER_DEADLINE_MS = 6000
/** For one file of tests. The longest, of hosts over SSH, takes half of it. */
const FILE_TIMEOUT_MS = 480_000
const STUCK = join(import.meta.dirname, 'stuck.mjs')

interface Totals {
  readonly pass: number
  readonly fail: number
  readonly cancelled: number
  readonly skipped: number
  readonly failures: readonly string[]
}

const NOTHING: Totals = { pass: 0, fail: 0, cancelled: 1, skipped: 0, failures: ['the run itself: it gave no totals'] }

const mustHaveAll = process.env['SLUICE_REQUIRE_ALL'] === '1'
const given = process.argv.slice(2)
const files = (given.length > 0 ? given : ['test']).flatMap(testFiles).sort()
const folder = mkdtempSync(join(tmpdir(), 'sluice-run-'))
// The servers of a test that runs as root run as somebody else, and must get through.
chmodSync(folder, 0o711)

let interruptedBy: NodeJS.Signals | undefined
const exitCode = await runTests()
const skipped = readLines('skipped')
const [written] = readLines('totals')
const totals = written === undefined ? NOTHING : (JSON.parse(written) as Totals)
const left = await waitForNothingLeft()
endAll(left)
rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 })

list('Skipped, for want of a part:', skipped)
const leftBehind = left.map((it) => it.what)
list('Left behind by the run:', leftBehind)
list('Failed:', totals.failures)
keepFailures([...totals.failures, ...leftBehind.map((it) => `left behind: ${it}`)])
const failed = totals.fail + totals.cancelled + (mustHaveAll ? totals.skipped : 0) + left.length
console.log(`\n${totals.pass} passed, ${failed} failed, ${totals.skipped} skipped`)
process.exitCode = exitCode === 0 && failed === 0 && totals.pass > 0 ? 0 : 1
if (interruptedBy !== undefined) process.exitCode = interruptedBy === 'SIGINT' ? 130 : 143

function testFiles(path: string): readonly string[] {
  if (!statSync(path).isDirectory()) return [path]
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .map((name) => join(path, name))
    .filter((name) => name.endsWith('.test.ts') && !name.includes('node_modules'))
}

/** A process group of its own: an interrupted run ends all of it, whoever the terminal would have told. */
function runTests(): Promise<number | null> {
  const reports = [
    ['--test-reporter=spec', '--test-reporter-destination=stdout'],
    [`--test-reporter=${join(import.meta.dirname, 'totals.mjs')}`],
    [`--test-reporter-destination=${join(folder, 'totals')}`],
  ].flat()
  const limits = ['--test-concurrency=2', `--test-timeout=${FILE_TIMEOUT_MS}`]
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', '--import', STUCK, '--test', ...limits, ...reports, ...files],
    {
      stdio: ['ignore', 'inherit', 'inherit'],
      detached: true,
      env: {
        ...process.env,
        TMPDIR: folder,
        SLUICE_CACHE: process.env['SLUICE_CACHE'] ?? join(tmpdir(), 'sluice-cache'),
        SLUICE_SKIPS: join(folder, 'skipped'),
        SLUICE_FILE_TIMEOUT_MS: String(FILE_TIMEOUT_MS),
      },
    },
  )
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      interruptedBy = signal
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, signal)
    })
  }
  return new Promise((resolve, reject) => child.on('error', reject).on('exit', resolve))
}

/** A folder that no process looks after stays: only processes are waited for. */
async function waitForNothingLeft(): Promise<readonly Leftover[]> {
  const deadline = performance.now() + LEFTOVER_DEADLINE_MS
  for (;;) {
    const seen = leftovers(folder)
    if (seen.every((it) => it.pid === undefined) || performance.now() > deadline) return seen
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

function readLines(name: string): readonly string[] {
  const path = join(folder, name)
  const text = existsSync(path) ? readFileSync(path, 'utf8').trim() : ''
  return text === '' ? [] : [...new Set(text.split('\n'))]
}

function list(title: string, entries: readonly string[]): void {
  if (entries.length > 0) console.log(`\n${title}\n${entries.join('\n').replace(/^/gm, '  ')}`)
}

function keepFailures(failures: readonly string[]): void {
  const path = process.env['SLUICE_FAILURES']
  if (path !== undefined) appendFileSync(path, failures.map((it) => `${it}\n`).join(''))
}
