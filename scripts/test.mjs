// Runs the tests: `npm test`, or `npm test -- test/unit test/live/pool/routing.test.ts`.
//
// Ends with a list of the suites that were skipped and what brings each, fails when a server or folder is left behind,
// and closes with one line of totals. SLUICE_REQUIRE_ALL=1 makes a missing part a failure.
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const LEFTOVER_DEADLINE_MS = 10_000

const given = process.argv.slice(2)
const files = (given.length > 0 ? given : ['test'])
  .flatMap(testFiles)
  .filter((file) => !file.includes('node_modules'))
  .sort()
const notes = mkdtempSync(join(tmpdir(), 'sluice-run-'))
const skips = join(notes, 'skipped')
const before = new Set(leftovers())
const args = ['--import', 'tsx', '--test', '--test-concurrency=2', '--test-reporter=spec', ...files]
const child = spawn(process.execPath, args, {
  stdio: ['ignore', 'pipe', 'inherit'],
  env: { ...process.env, SLUICE_SKIPS: skips },
})
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))

let tail = ''
child.stdout.on('data', (chunk) => {
  process.stdout.write(chunk)
  tail = (tail + chunk).slice(-20_000)
})
child.on('close', async (code) => {
  const skipped = existsSync(skips) ? [...new Set(readFileSync(skips, 'utf8').trim().split('\n'))] : []
  if (skipped.length > 0)
    console.log(`\nSkipped, for want of a part:\n${skipped.map((line) => `  ${line}`).join('\n')}`)
  rmSync(notes, { recursive: true, force: true })
  const left = await waitForNothingLeft()
  if (left.length > 0) console.error(`\nLeft behind by the run:\n${left.map((line) => `  ${line}`).join('\n')}`)
  const count = (name) => Number(/* the runner's own summary */ lastNumber(tail, `ℹ ${name} `))
  const failed = count('fail') + count('cancelled') + (left.length > 0 ? 1 : 0)
  console.log(`\n${count('pass')} passed, ${failed} failed, ${count('skipped')} skipped`)
  process.exitCode = code === 0 && left.length === 0 && count('pass') > 0 ? 0 : 1
})

function testFiles(path) {
  if (!statSync(path).isDirectory()) return [path]
  return readdirSync(path, { recursive: true })
    .map((name) => join(path, name))
    .filter((name) => name.endsWith('.test.ts'))
}

/** Folders and servers of test clusters. The prepared copies are meant to stay. */
function leftovers() {
  const folders = readdirSync(tmpdir()).filter((name) => name.startsWith('sluice-') && name !== 'sluice-cache')
  const servers = existsSync('/proc')
    ? readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && commandOf(pid).includes(join(tmpdir(), 'sluice-')))
    : []
  return [
    ...folders.map((name) => `folder ${join(tmpdir(), name)}`),
    ...servers.map((pid) => `process ${pid}: ${commandOf(pid)}`),
  ].filter((line) => !line.includes('sluice-cache') && !line.includes('sluice-run-'))
}

function commandOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
  } catch {
    return ''
  }
}

/** Whatever cleans up after a killed test needs a moment. */
async function waitForNothingLeft() {
  const deadline = Date.now() + LEFTOVER_DEADLINE_MS
  for (;;) {
    const left = leftovers().filter((line) => !before.has(line))
    if (left.length === 0 || Date.now() > deadline) return left
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

function lastNumber(text, label) {
  const at = text.lastIndexOf(label)
  return at < 0 ? 0 : Number.parseInt(text.slice(at + label.length), 10)
}
