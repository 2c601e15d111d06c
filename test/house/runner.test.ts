import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { hostsPart } from '../support/hosts/part.js'
import { need } from '../support/need.js'
import { eventually } from '../support/pool.js'

const folder = mkdtempSync(join(tmpdir(), 'runner-'))
after(() => rmSync(folder, { recursive: true, force: true }))

test('the runner closes with its totals, and succeeds when every test does', async () => {
  const { code, lastLine } = await run("test('good', () => {})")
  assert.deepEqual({ code, lastLine }, { code: 0, lastLine: '1 passed, 0 failed, 0 skipped' })
})

test('a failed test fails the run', async () => {
  const { code, lastLine } = await run("test('bad', () => { throw new Error('bad') })")
  assert.deepEqual({ code, lastLine }, { code: 1, lastLine: '0 passed, 1 failed, 0 skipped' })
})

test('a run in which nothing was tested fails', async () => {
  const { code, lastLine } = await run("test.skip('nothing', () => {})")
  assert.deepEqual({ code, lastLine }, { code: 1, lastLine: '0 passed, 0 failed, 1 skipped' })
})

test('a server left behind is named, fails the run, and is ended', async () => {
  const { code, text } = await run(
    `test('careless', () => {
      const args = ['-e', 'setInterval(() => {}, 1000)', 'left-by-a-test']
      spawn(process.execPath, args, { detached: true, stdio: 'ignore' }).unref()
    })`,
  )
  assert.equal(code, 1)
  const left = /process (\d+): .*left-by-a-test/.exec(text)
  assert.ok(left, text)
  await eventually(
    () => isThere(Number(left[1])),
    (seen) => !seen,
  )
})

test('a folder left behind is named and fails the run', async () => {
  const { code, text } = await run("test('careless', () => { mkdtempSync(join(tmpdir(), 'sluice-')) })")
  assert.equal(code, 1)
  assert.match(text, /Left behind by the run:\n {2}\S+\/sluice-\w+\n/)
})

const needsRoot = need(hostsPart('what a run leaves of namespaces'))

test('a link of the network left behind is named, fails the run, and is taken away', needsRoot, async () => {
  const link = `left${process.pid}`
  const { code, text } = await run(
    `test('careless', () => {
      execFileSync('ip', ['link', 'add', '${link}', 'type', 'bridge'])
      execFileSync('ip', ['link', 'set', '${link}', 'alias', tmpdir()])
    })`,
  )
  assert.equal(code, 1)
  assert.match(text, new RegExp(`Left behind by the run:\n {2}network link ${link}\n`))
  assert.ok(!existsSync(`/sys/class/net/${link}`))
})

test('a mount left behind is named, fails the run, and is taken away', needsRoot, async () => {
  const { code, text } = await run(
    `test('careless', () => { execFileSync('mount', ['-t', 'tmpfs', 'left', mkdtempSync(join(tmpdir(), 'disk-'))]) })`,
  )
  assert.equal(code, 1)
  const left = /mount (\S+disk-\w+)\n/.exec(text)?.[1]
  assert.ok(left, text)
  assert.ok(!readFileSync('/proc/self/mountinfo', 'utf8').includes(left))
})

test('what a test host left running is named, fails the run, and is ended', needsRoot, async () => {
  const { code, text } = await run(
    `test('careless', () => {
      const script = 'mkdir up wk ro; mount -t tmpfs d up; mkdir up/u up/w; p=$PWD;' +
        'mount -t overlay o -o lowerdir=/,upperdir=$p/up/u,workdir=$p/up/w ro; cd ro; pivot_root . mnt; exec setsid -f sleep 1000.5'
      const cwd = mkdtempSync(join(tmpdir(), 'host-'))
      execFileSync('unshare', ['--mount', 'bash', '-euc', script], { cwd, env: { PATH: process.env.PATH }, stdio: 'ignore' })
    })`,
  )
  assert.equal(code, 1)
  const left = /process (\d+): sleep 1000.5/.exec(text)
  assert.ok(left, text)
  await eventually(
    () => isThere(Number(left[1])),
    (seen) => !seen,
  )
})

const NEEDY = `test('needy', need({ suite: 'its suite', what: 'PostgreSQL 99 (Debian package postgresql-99)', isThere: false }))
test('good', () => {})`

test('a suite without its part is skipped, and listed with the package that brings it', async () => {
  const { code, text } = await run(NEEDY)
  assert.equal(code, 0)
  assert.match(
    text,
    /Skipped, for want of a part:\n {2}its suite: needs PostgreSQL 99 \(Debian package postgresql-99\)\n/,
  )
})

test('where every part is required, a suite without its part fails', async () => {
  const { code, text } = await run(NEEDY, { SLUICE_REQUIRE_ALL: '1' })
  assert.equal(code, 1)
  assert.match(text, /its suite needs PostgreSQL 99/)
})

test('an interrupted run ends everything it started', async () => {
  const started = start(
    `test('long', async () => {
      spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
      console.log('it runs as', process.pid)
      await new Promise(() => setInterval(() => {}, 1000))
    })`,
  )
  const { runner, output } = started
  await new Promise<void>((resolve) => {
    runner.stdout?.on('data', () => void (/it runs as \d+/.test(output()) && resolve()))
  })
  runner.kill('SIGINT')
  const { code, text } = await started.finished
  assert.equal(code, 130, text)
  const pid = Number(/it runs as (\d+)/.exec(text)?.[1])
  await eventually(
    () => isThere(pid),
    (seen) => !seen,
  )
})

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

interface Run {
  readonly code: number | null
  readonly text: string
  readonly lastLine: string
}

function run(body: string, env: Record<string, string> = {}): Promise<Run> {
  return start(body, env).finished
}

/** The runner, as a process of its own, over one file of tests with this body. */
function start(body: string, env: Record<string, string> = {}) {
  const file = join(mkdtempSync(join(folder, 'case-')), 'case.test.ts')
  const support = join(import.meta.dirname, '../support/need.ts')
  writeFileSync(
    file,
    `import { execFileSync, spawn } from 'node:child_process'
    import { mkdtempSync } from 'node:fs'
    import { tmpdir } from 'node:os'
    import { join } from 'node:path'
    import { test } from 'node:test'
    import { need } from ${JSON.stringify(support)}
    ${body}`,
  )
  const { NODE_TEST_CONTEXT: _, SLUICE_REQUIRE_ALL: __, ...outer } = process.env
  const runner: ChildProcess = spawn(process.execPath, ['--import', 'tsx', 'scripts/test.ts', file], {
    cwd: join(import.meta.dirname, '../..'),
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...outer, ...env },
  })
  let text = ''
  runner.stdout?.on('data', (chunk) => (text += chunk))
  runner.stderr?.on('data', (chunk) => (text += chunk))
  const finished = new Promise<Run>((resolve, reject) => {
    runner.on('error', reject)
    runner.on('close', (code) => resolve({ code, text, lastLine: text.trim().split('\n').at(-1) ?? '' }))
  })
  return { runner, output: () => text, finished }
}
