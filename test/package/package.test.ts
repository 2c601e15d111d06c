import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'

const ROOT = join(import.meta.dirname, '../..')
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc')
const run = promisify(execFile)

let folder: string

/** The package as npm would install it, in a project of its own. */
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-package-'))
  const target = join(folder, 'node_modules/sluice')
  mkdirSync(target, { recursive: true })
  await run(process.execPath, [TSC, '-p', join(ROOT, 'tsconfig.build.json'), '--outDir', join(target, 'dist')])
  cpSync(join(ROOT, 'package.json'), join(target, 'package.json'))
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    if (!name.startsWith('.')) symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name))
  }
})

after(() => rmSync(folder, { recursive: true, force: true }))

async function inProject(file: string, code: string): Promise<string> {
  writeFileSync(join(folder, file), code)
  return (await run(process.execPath, [join(folder, file)], { cwd: folder })).stdout.trim()
}

for (const entry of ['sluice', 'sluice/pg', 'sluice/testing', 'sluice/makara']) {
  test(`${entry} is loaded by import and by require alike`, async () => {
    const names = 'Object.keys(it).filter((name) => name !== "__esModule").sort().join()'
    const imported = await inProject('a.mjs', `const it = await import('${entry}'); console.log(${names})`)
    const required = await inProject('a.cjs', `const it = require('${entry}'); console.log(${names})`)
    assert.ok(imported.length > 0)
    assert.equal(required, imported)
  })
}

test('sluice alone needs no driver', async () => {
  const bare = join(folder, 'bare')
  mkdirSync(join(bare, 'node_modules'), { recursive: true })
  cpSync(join(folder, 'node_modules/sluice'), join(bare, 'node_modules/sluice'), { recursive: true })
  const code = `
    import { withSession } from 'sluice'
    import { createRequire, isBuiltin } from 'node:module'
    console.log(typeof withSession)`
  writeFileSync(join(bare, 'a.mjs'), code)
  const hidden = join(folder, 'node_modules/pg')
  rmSync(hidden)
  try {
    const { stdout } = await run(process.execPath, [join(bare, 'a.mjs')], { cwd: bare })
    assert.equal(stdout.trim(), 'function')
  } finally {
    symlinkSync(join(ROOT, 'node_modules/pg'), hidden)
  }
})

const TRACE = `
import { register } from 'node:module'
const seen = []
const { port1, port2 } = new MessageChannel()
port1.on('message', (url) => seen.push(url))
port1.unref()
const hooks = 'let port; export async function initialize(p) { port = p };' +
  'export async function load(url, context, next) { port.postMessage(url); return next(url, context) }'
register('data:text/javascript,' + encodeURIComponent(hooks), { data: port2, transferList: [port2] })
await import('sluice/pg')
for (let n = 0; n < 100; n++) await new Promise((resolve) => setImmediate(resolve))
console.log(JSON.stringify(seen))`

test('importing sluice/pg loads no command line code and no package but pg', async () => {
  const seen = JSON.parse(await inProject('trace.mjs', TRACE)) as string[]
  assert.ok(
    seen.some((url) => url.includes('/sluice/dist/pg.js')),
    `${seen.length} modules seen`,
  )
  assert.deepEqual(
    seen.filter((url) => /\/dist\/(cli|testing|makara)|commander|yaml/.test(url)),
    [],
  )
})

const USES = `
import { Pool, type PoolOptions } from 'sluice/pg'
import { withSession, outcomeOf, type Route } from 'sluice'
import { startCluster } from 'sluice/testing'
const options: PoolOptions = { primary: 'postgres://a/b', replicas: [{ url: 'postgres://c/d', weight: 2 }], max: 3 }
export async function main(): Promise<number> {
  const pool = new Pool(options)
  const { rows } = await pool.query<{ n: number }>('select $1::int as n', [1])
  const route: Route | undefined = pool.route('select 1')
  pool.on('nodeWentDown', ({ node, forMs }) => { const a: string = node; const b: number = forMs; void [a, b] })
  await withSession(async (session) => session.pin('primary'))
  await using cluster = await startCluster({ replicas: 1 })
  void [route, cluster.primary.url, outcomeOf(new Error())]
  return rows[0]?.n ?? 0
}`

for (const [kind, name] of [
  ['an ES module', 'use.mts'],
  ['a CommonJS module', 'use.cts'],
] as const) {
  test(`the types are right for ${kind}, and infer`, { timeout: 60_000 }, async () => {
    writeFileSync(join(folder, name), USES)
    const flags =
      '--ignoreConfig --noEmit --strict --skipLibCheck --target es2022 --lib es2022,esnext.disposable --module nodenext --types node'
    const out = await run(process.execPath, [TSC, ...flags.split(' '), join(folder, name)], { cwd: folder }).then(
      () => '',
      (error: { stdout: string }) => error.stdout,
    )
    assert.equal(out, '')
  })
}

test('what is published is the library and its documents, and nothing of the workshop', () => {
  const { files, exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    files: string[]
    exports: Record<string, { default: string } | string>
  }
  assert.deepEqual(files, ['dist', 'docs', 'CHANGELOG.md'])
  const dist = readdirSync(join(folder, 'node_modules/sluice/dist'), { recursive: true, encoding: 'utf8' })
  assert.ok(dist.every((name) => !name.endsWith('.map') && !name.includes('.test.')))
  for (const entry of Object.values(exports)) {
    if (typeof entry !== 'string') assert.ok(dist.includes(entry.default.replace('./dist/', '')), entry.default)
  }
})

test('the command line tool is there to be run', async () => {
  const main = join(folder, 'node_modules/sluice/dist/cli/main.js')
  assert.ok(readFileSync(main, 'utf8').startsWith('#!/usr/bin/env node\n'))
  assert.ok(existsSync(main))
  const { stdout } = await run(process.execPath, [main, 'classify', '--help'])
  assert.match(stdout, /Exit codes/)
})
