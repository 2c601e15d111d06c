import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const ROOT = join(import.meta.dirname, '../../..')

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** The bin from its source: what `npx sluice` runs, without a build. */
function sluice(args: readonly string[], input = '', closeAfter = Number.POSITIVE_INFINITY): Promise<Ended> {
  const child = spawn(process.execPath, ['--import', 'tsx', join(ROOT, 'src/cli/main.ts'), ...args], { cwd: ROOT })
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
    if (out.length > closeAfter) child.stdout.destroy()
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text
  })
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err })))
}

test('the command reads the standard input and prints what was promised', async () => {
  const { code, out, err } = await sluice(['classify', '--json', '-'], 'select 1; delete from t')
  assert.deepEqual({ code, err }, { code: 0, err: '' })
  assert.deepEqual(
    out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
    [
      { sql: 'select 1', intent: 'read', route: 'replica', reason: 'plain-read', at: 0 },
      { sql: 'delete from t', intent: 'write', route: 'primary', reason: 'write', at: 0 },
    ],
  )
})

test('a reader that has seen enough is no error', async () => {
  const { code, err } = await sluice(['classify'], 'select 1;\n'.repeat(100_000), 1000)
  assert.deepEqual({ code, err }, { code: 0, err: '' })
})

test('what cannot be read, and what cannot be understood, have exit codes of their own', async () => {
  const missing = await sluice(['classify', '/no/such/file'])
  assert.equal(missing.code, 1)
  assert.match(missing.err, /^sluice classify: cannot read \/no\/such\/file: ENOENT/)
  const bad = await sluice(['classify', '--jsonl'], '"select 1"\nselect 1\n')
  assert.equal(bad.code, 1)
  assert.match(bad.err, /line 2 is not JSON/)
  for (const args of [['classify', '--dialect', 'mysql'], ['classify', '--nonsense'], ['nonsense'], []]) {
    const { code, out } = await sluice(args)
    assert.deepEqual({ args, code, out }, { args, code: 2, out: '' })
  }
})

test('help shows examples and exit codes, and the version is the package’s', async () => {
  const help = await sluice(['classify', '--help'])
  assert.equal(help.code, 0)
  assert.match(help.out, /Examples:[\s\S]*Exit codes:/)
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }
  assert.deepEqual(await sluice(['--version']), { code: 0, out: `${version}\n`, err: '' })
})
