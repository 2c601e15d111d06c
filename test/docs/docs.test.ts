import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'

const ROOT = join(import.meta.dirname, '../..')
const run = promisify(execFile)

const documents = [
  ...readdirSync(ROOT).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(ROOT, 'docs')).map((name) => join('docs', name)),
  'bench/README.md',
].filter((name) => name.endsWith('.md'))

const textOf = (document: string) => readFileSync(join(ROOT, document), 'utf8')

/** The blocks of code marked `ts`, whole files each. */
function codeIn(document: string): readonly string[] {
  const blocks: string[] = []
  const lines = textOf(document).split('\n')
  for (let at = 0; at < lines.length; at++) {
    if (lines[at] !== '```ts') continue
    const end = lines.indexOf('```', at)
    blocks.push(lines.slice(at + 1, end).join('\n'))
    at = end
  }
  return blocks
}

test('every block of code in the documents compiles against the library', { timeout: 120_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-docs-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  let count = 0
  for (const document of documents) {
    for (const [i, code] of codeIn(document).entries()) {
      count++
      writeFileSync(join(folder, `${document.replaceAll('/', '-')}-${i}.ts`), `${code}\nexport {}\n`)
    }
  }
  assert.ok(count >= 5, `${count} blocks`)
  const source = (entry: string) => [join(ROOT, 'src', `${entry}.ts`)]
  const config = {
    extends: join(ROOT, 'tsconfig.json'),
    compilerOptions: {
      rootDir: '/',
      types: ['node'],
      typeRoots: [join(ROOT, 'node_modules/@types')],
      paths: {
        sluice: source('index'),
        'sluice/pg': source('pg'),
        'sluice/testing': source('testing'),
        'sluice/makara': source('makara'),
      },
    },
    include: [join(folder, '*.ts')],
  }
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  const outcome = await run(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', folder]).then(
    () => '',
    (error: { stdout: string }) => error.stdout,
  )
  assert.equal(outcome, '')
})

test('every link between documents leads somewhere', () => {
  const broken: string[] = []
  for (const document of documents) {
    for (const [, target] of textOf(document).matchAll(/\]\(([^)#\s]+)[^)]*\)/g)) {
      if (target === undefined || target.includes('://')) continue
      const file = join(ROOT, dirname(document), target)
      if (!existsSync(file)) broken.push(`${document} → ${relative(ROOT, file)}`)
    }
  }
  assert.deepEqual(broken, [])
})

test('every error code has an entry in docs/errors.md', () => {
  const source = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  )
  const codes = new Set(
    source.flatMap((name) =>
      [...readFileSync(join(ROOT, 'src', name), 'utf8').matchAll(/'(ERR_[A-Z_]+)'/g)].map((it) => it[1]),
    ),
  )
  const entries = textOf('docs/errors.md')
  const missing = [...codes].filter(
    (code) => !entries.includes(`\`${code}\``) && !String(code).startsWith('ERR_STREAM'),
  )
  assert.deepEqual(missing, [])
})

test('every file that ARCHITECTURE names is there', () => {
  const text = textOf('ARCHITECTURE.md')
  const named = [
    ...text.matchAll(
      /`((?:test|src|docs)\/[\w./-]+|(?:cluster|routing|driver|pool|dialect|model|base)\/[\w./-]+\.ts)`/g,
    ),
  ]
  assert.ok(named.length > 20)
  for (const [, file] of named) {
    const path = String(file)
    const isThere = existsSync(join(ROOT, path)) || existsSync(join(ROOT, 'src', path))
    assert.ok(isThere, path)
  }
})
