import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { HostError, HostLockedError } from '../../src/replication/postgresql/errors.js'
import type { Host } from '../../src/replication/postgresql/host.js'
import { type Output, quoteShell, type RunOptions } from '../../src/replication/postgresql/script.js'
import { firstLine } from '../support/hosts/rack.js'
import { eventually } from '../support/pool.js'
import { failureOf } from '../support/servers.js'

/** A kind of host, as the contract needs it. */
export interface HostUnderTest {
  /** Another way to the machine, as another process of ours would have it. */
  readonly open: () => Host
  /** The options of that way, for a process of its own: see host-main.ts. */
  readonly openedBy: { readonly kind: 'ssh' | 'local'; readonly options: unknown }
  /** The machine as its own root sees it. @returns what this script says. */
  readonly look: (script: string) => Promise<string>
  /** A folder there that locks may be in, and that need not be there yet. */
  readonly lockDir: string
}

const ODD = `'single' "double" \`back\` $HOME \${x} \\ ! * ~ # äöü 漢字 🐘\ttab`

/** What every host must do. To be called in a suite; `subject` is asked when the tests run. */
export function hostContract(subject: () => HostUnderTest): void {
  const open = (t: TestContext): Host => {
    const host = subject().open()
    t.after(() => host.close())
    return host
  }
  const run = (host: Host, text: string, more: { input?: string } & RunOptions = {}): Promise<Output> => {
    const { input, ...options } = more
    return host.run({ as: 'login', text, ...(input === undefined ? {} : { input }) }, options)
  }

  test('how a script ends is its answer', async (t) => {
    const host = open(t)
    const codes: number[] = []
    for (const code of [0, 1, 77, 127, 254, 255]) codes.push((await run(host, `exit ${code}`)).code)
    assert.deepEqual(codes, [0, 1, 77, 127, 254, 255])
    assert.deepEqual(await run(host, 'echo out; echo err >&2; exit 255'), {
      code: 255,
      stdout: 'out\n',
      stderr: 'err\n',
    })
  })

  test('a script stops at the first command that fails, in a pipeline too', async (t) => {
    const host = open(t)
    assert.deepEqual(await run(host, 'echo one\nfalse\necho two'), { code: 1, stdout: 'one\n', stderr: '' })
    assert.deepEqual(await run(host, 'false | cat\necho two'), { code: 1, stdout: '', stderr: '' })
  })

  test('text arrives as it is, in a script, in its input, and in what it says', async (t) => {
    const host = open(t)
    const said = await run(host, `printf %s ${quoteShell(ODD)}; cat >&2`, { input: `${ODD}\r\nlast, without an end` })
    assert.deepEqual(said, { code: 0, stdout: ODD, stderr: `${ODD}\r\nlast, without an end` })
    const control = await run(host, String.raw`printf '\0\1\33[31m\r\n\n\n'`)
    assert.equal(control.stdout, '\0\x01\x1b[31m\r\n\n\n')
  })

  test('a script may be longer than a command line', async (t) => {
    const filler = `: ${'x'.repeat(99)}\n`.repeat(3000)
    assert.equal((await run(open(t), `${filler}echo the end`)).stdout, 'the end\n')
  })

  test('ten megabytes come whole, and go whole', async (t) => {
    const host = open(t)
    const said = await run(host, `head -c 10000000 /dev/zero | tr '\\0' x; echo end >&2`)
    assert.deepEqual([said.stdout.length, said.stderr], [10_000_000, 'end\n'])
    assert.equal((await run(host, 'wc -c', { input: 'y'.repeat(10_000_000) })).stdout.trim(), '10000000')
  })

  test('input that a script does not read is no matter', async (t) => {
    assert.equal((await run(open(t), 'echo done', { input: 'z'.repeat(1_000_000) })).stdout, 'done\n')
  })

  test('without input there is nothing to read', async (t) => {
    assert.equal((await run(open(t), 'cat; echo read')).stdout, 'read\n')
  })

  test('each line is told as it is said', async (t) => {
    const [host, gate] = [open(t), `/tmp/gate-${process.pid}-${Date.now()}`]
    const told: string[] = []
    const onLine = (line: string, from: string) => {
      told.push(`${from}: ${line}`)
      // The script ends only because its line was heard while it ran.
      if (line === 'first') void subject().look(`touch ${gate}`)
    }
    const text = `echo first; until [ -e ${gate} ]; do sleep 0.05; done; echo second >&2; printf third`
    const { code } = await run(host, text, { onLine })
    await subject().look(`rm ${gate}`)
    assert.deepEqual([code, told.sort()], [0, ['stderr: second', 'stdout: first', 'stdout: third']])
  })

  test('out of time: it is given up, and ended there with all that it started', async (t) => {
    const host = open(t)
    await run(host, 'true')
    const error = (await failureOf(run(host, 'sleep 4711.1 & sleep 4711.1', { timeoutMs: 3000 }))) as HostError
    assert.ok(error instanceof HostError)
    assert.deepEqual([error.failure, error.outcome], ['timed-out', 'unknown'])
    assert.match(error.message, /not done within 3000 ms; the script was ended$/)
    assert.equal(await sleepers('4711.1'), '0')
  })

  test('aborted: it is given up at once, and ended there', async (t) => {
    const [host, stop] = [open(t), new AbortController()]
    const onLine = () => stop.abort()
    const error = (await failureOf(run(host, 'echo go; sleep 4711.2', { signal: stop.signal, onLine }))) as HostError
    assert.deepEqual([error.name, error.failure], ['HostError', 'aborted'])
    assert.equal(await sleepers('4711.2'), '0')
    assert.equal(((await failureOf(run(host, 'true', { signal: stop.signal }))) as HostError).failure, 'aborted')
  })

  test('two run at once', async (t) => {
    const [host, here] = [open(t), `/tmp/meet-${process.pid}-${Date.now()}`]
    const meet = (mine: string, other: string) =>
      run(host, `touch ${here}-${mine}; until [ -e ${here}-${other} ]; do sleep 0.05; done; echo ${mine}`)
    const said = await Promise.all([meet('one', 'two'), meet('two', 'one')])
    await subject().look(`rm ${here}-*`)
    assert.deepEqual(
      said.map((it) => it.stdout),
      ['one\n', 'two\n'],
    )
  })

  test('what it reads is in no list of processes, here or there', async (t) => {
    const [host, secret] = [open(t), `secret-${Math.random().toString(36).slice(2)}`]
    let seen: readonly string[] | undefined
    const onLine = () => {
      seen ??= processesWith(secret)
    }
    const text = 'read -r word; echo now; cat >/dev/null; echo "$word" | wc -c'
    const { stdout } = await run(host, text, { input: `${secret}\n`, onLine })
    assert.equal(stdout, `now\n${secret.length + 1}\n`)
    assert.deepEqual(seen, [])
  })

  test('a lock has one holder, whom others are told', async (t) => {
    const [host, other, path] = [open(t), open(t), lockPath()]
    const lock = await host.lock(path, 'anna, switchover since 12:00')
    const error = (await failureOf(other.lock(path, 'ben'))) as HostLockedError
    assert.ok(error instanceof HostLockedError)
    assert.equal(error.holder, 'anna, switchover since 12:00')
    assert.ok((await failureOf(host.lock(path, 'anna again'))) instanceof HostLockedError)
    await lock.release()
    await lock.release()
    const second = await other.lock(path, 'ben')
    assert.equal(((await failureOf(host.lock(path, 'anna'))) as HostLockedError).holder, 'ben')
    await second.release()
  })

  test('a lock goes with the process that holds it, killed or not', async (t) => {
    const [host, path] = [open(t), lockPath()]
    const main = join(import.meta.dirname, 'host-main.ts')
    const args = [JSON.stringify(subject().openedBy), path]
    // Whoever is killed tidies nothing up.
    const folder = mkdtempSync(join(tmpdir(), 'holder-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const child = spawn(process.execPath, ['--import', 'tsx', main, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, TMPDIR: folder },
    })
    assert.equal(await firstLine(child, 'the holder'), 'held')
    assert.ok((await failureOf(host.lock(path, 'me'))) instanceof HostLockedError)
    child.kill('SIGKILL')
    const lock = await eventually(
      () => host.lock(path, 'me').catch(() => undefined),
      (it) => it !== undefined,
    )
    await lock?.release()
  })

  test('it may be closed twice, and unused', async () => {
    const host = subject().open()
    await host.close()
    await host.close()
  })

  let locks = 0
  const lockPath = () => `${subject().lockDir}/${++locks}.lock`
  const sleepers = (seconds: string) =>
    eventually(
      async () => (await subject().look(`ps -eo args= | grep -c '^sleep ${seconds}' || :`)).trim(),
      (count) => count === '0',
    )
}

/** Command lines and environments of all processes, those of test hosts too. Ours has what the test holds in memory only. */
export function processesWith(text: string): readonly string[] {
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .flatMap((pid) => ['cmdline', 'environ'].map((name) => `/proc/${pid}/${name}`))
    .filter((file) => isIn(file, text))
}

function isIn(file: string, text: string): boolean {
  try {
    return readFileSync(file, 'utf8').includes(text)
  } catch {
    // It has gone, or it is not ours to see: then it is not ours either.
    return false
  }
}
