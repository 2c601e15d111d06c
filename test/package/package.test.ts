import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { accessSync, constants, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { need } from '../support/need.js'
import { NODE_VERSIONS, OTHER_VERSIONS, type Version } from '../support/versions.js'
import { type Consumer, installPacked, REPOSITORY } from './packed.js'

/** What entry points import beside `pg`, which their users have. */
const ORMS = {
  'sluice/knex': ['knex'],
  'sluice/mikro-orm': ['@mikro-orm/sql', 'kysely', 'pg-cursor'],
  'sluice/sequelize': [],
  'sluice/slonik': ['@slonik/driver', '@slonik/errors', 'pg-query-stream'],
  'sluice/typeorm': [],
} as const satisfies Readonly<Record<string, readonly string[]>>

let project: Consumer

before(() => {
  project = installPacked(['pg', '@types/pg', '@types/node', 'commander', 'yaml', ...Object.values(ORMS).flat()])
})
after(() => rmSync(project.root, { recursive: true, force: true }))

test('the package holds the compiled program, its types and its documents, and nothing else', () => {
  const expected = /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|docs\/[\w./-]+\.md|dist\/[\w./-]+\.(js|d\.ts))$/
  assert.deepEqual(
    project.files.filter((name) => !expected.test(name)),
    [],
  )
  for (const name of ['README.md', 'LICENSE', 'CHANGELOG.md', 'dist/index.js']) {
    assert.ok(project.files.includes(name), name)
  }
})

test('no file of the package tells where it was built, or points to sources that it does not have', () => {
  const telling = project.files.filter((name) => {
    const text = readFileSync(join(project.installed, name), 'utf8')
    return text.includes(REPOSITORY) || text.includes(project.root) || text.includes('sourceMappingURL')
  })
  assert.deepEqual(telling, [])
})

test('whatever the package exports is in it', () => {
  const targets = Object.values(project.manifest.exports).flatMap((it) =>
    typeof it === 'string' ? [it] : [it.types, it.default],
  )
  for (const target of targets) assert.ok(project.files.includes(target.slice('./'.length)), target)
})

test('every command of the package can be run', () => {
  for (const [name, target] of Object.entries(project.manifest.bin)) {
    const path = join(project.installed, target)
    assert.equal(readFileSync(path, 'utf8').split('\n')[0], '#!/usr/bin/env node')
    accessSync(path, constants.X_OK)
    const { status, stdout, stderr } = spawnSync(path, ['--version'], { encoding: 'utf8' })
    assert.deepEqual({ name, status, stderr }, { name, status: 0, stderr: '' })
    assert.match(stdout, /^\d+\.\d+\.\d+\n$/)
  }
})

const running: Version = { major: Number.parseInt(process.versions.node, 10), path: process.execPath, isThere: true }

for (const version of [running, ...NODE_VERSIONS]) {
  const suite = `the package on Node.js ${version.major}`
  const part = need({ suite, what: OTHER_VERSIONS, isThere: version.isThere })

  test(`every entry point can be imported, and required, on Node.js ${version.major}`, part, () => {
    for (const entry of entryPoints()) {
      // The same module both ways: an error thrown by one is an instance of the other's class.
      const { status, stdout, stderr } = node(
        version,
        `const required = require('${entry}')
        import('${entry}').then((imported) => console.log(imported === required, Object.keys(imported).length > 0))`,
      )
      assert.deepEqual({ entry, status, stdout, stderr }, { entry, status: 0, stdout: 'true true\n', stderr: '' })
    }
  })
}

test('without pg, all but the pool itself and what is for it loads', () => {
  const bare = withOnly(['commander', 'yaml'])
  for (const entry of entryPoints().filter((it) => it !== 'sluice/pg' && !(it in ORMS))) {
    const { status, stderr } = node(running, `require('${entry}')`, bare)
    assert.deepEqual({ entry, status, stderr }, { entry, status: 0, stderr: '' })
  }
})

test('without pg, the pool says that it is pg that is missing', () => {
  const { status, stderr } = node(running, "import('sluice/pg')", withOnly([]))
  assert.equal(status, 1)
  assert.match(stderr, /Cannot find package 'pg'/)
})

test('the core and the pool need no package but pg', () => {
  const { status, stderr } = node(running, "require('sluice'); require('sluice/pg')", withOnly(['pg']))
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' })
})

test('importing the pool loads neither the command line nor the clusters for tests', () => {
  const loaded = traceOf('sluice/pg')
  assert.ok(loaded.some((url) => url.endsWith('/dist/pg.js')))
  assert.deepEqual(
    loaded.filter((url) => /\/dist\/(cli|testing|makara)\b|\/node_modules\/(commander|yaml)\//.test(url)),
    [],
  )
})

test('importing the core loads no package at all', () => {
  assert.deepEqual(
    traceOf('sluice').filter((url) => !url.startsWith('node:') && !url.includes('/sluice/dist/')),
    [],
  )
})

const IMPORTS = "import { Pool } from 'sluice/pg'\nimport { ClusterError, withSession } from 'sluice'\n"
const REQUIRES =
  "import pooled = require('sluice/pg')\nimport core = require('sluice')\n" +
  'const { Pool } = pooled\nconst { ClusterError, withSession } = core\n'

test('the types are right for an ES module, and for a CommonJS one that imports or requires', () => {
  const programs = { 'esm.mts': IMPORTS, 'commonjs.cts': IMPORTS, 'required.cts': REQUIRES }
  for (const [file, head] of Object.entries(programs)) writeFileSync(join(project.folder, file), head + TYPED_PROGRAM)
  assert.equal(compile(Object.keys(programs)), '')
})

const TYPED_PROGRAM = `
import type pg from 'pg'
const pool = new Pool({ primary: 'postgres://primary/app', replicas: ['postgres://replica/app'] })
export const plain: pg.Pool = pool
export async function titles(): Promise<string[]> {
  const { rows } = await withSession(() => pool.query<{ title: string }>('select title from books'))
  return rows.map((row) => row.title)
}
// What they infer, a library can declare to others.
export const statements = { pool, borrow: () => pool.connect(), route: () => pool.route('select 1') }
// What they declare needs no framework's types.
export type Middleware = [
  typeof import('sluice/http'), typeof import('sluice/express'), typeof import('sluice/fastify'),
  typeof import('sluice/koa'), typeof import('sluice/hono'), typeof import('sluice/nestjs'), typeof import('sluice/next'),
]
export const codeOf = (error: unknown): string | undefined => error instanceof ClusterError ? error.code : undefined
`

function entryPoints(): readonly string[] {
  return Object.keys(project.manifest.exports)
    .filter((path) => !path.endsWith('.json'))
    .map((path) => `sluice${path.slice(1)}`)
}

function node(version: Version, script: string, cwd = project.folder, options: readonly string[] = []) {
  const { NODE_OPTIONS: _, ...env } = process.env
  const { status, stdout, stderr } = spawnSync(version.path, [...options, '-e', script], { cwd, encoding: 'utf8', env })
  return { status, stdout, stderr }
}

/** Another project, with the installed package and no more than these beside it. */
function withOnly(names: readonly string[]): string {
  const folder = join(project.root, `only-${names.join('-') || 'sluice'}`)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(join(folder, 'node_modules/sluice'), { recursive: true })
  // Copied, not linked: the packages beside it are looked for where it really lies.
  spawnSync('cp', ['-R', `${project.installed}/.`, join(folder, 'node_modules/sluice')])
  for (const name of names) symlinkSync(join(REPOSITORY, 'node_modules', name), join(folder, 'node_modules', name))
  return folder
}

function traceOf(entry: string): readonly string[] {
  const options = ['--import', join(import.meta.dirname, 'trace.mjs'), '--input-type=module']
  const { status, stdout, stderr } = node(running, `import '${entry}'`, project.folder, options)
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' })
  return stdout
    .split('\n')
    .flatMap((line) => (line.startsWith('loaded ') ? [line.slice('loaded '.length)] : []))
    .filter((url) => !url.includes('[eval'))
}

/** What the compiler says against these files at its strictest, our declarations included. */
function compile(files: readonly string[]): string {
  const strictest = [
    '--strict',
    '--exactOptionalPropertyTypes',
    '--noUncheckedIndexedAccess',
    '--skipLibCheck',
    'false',
  ]
  const options = [
    '--declaration',
    '--outDir',
    'compiled',
    '--module',
    'nodenext',
    '--target',
    'es2023',
    '--types',
    'node',
    ...strictest,
  ]
  const tsc = join(REPOSITORY, 'node_modules/typescript/bin/tsc')
  return spawnSync(process.execPath, [tsc, ...options, ...files], { cwd: project.folder, encoding: 'utf8' }).stdout
}
