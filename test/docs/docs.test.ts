import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { parse as parseYaml } from 'yaml'
import { startCluster, type TestCluster } from '../../src/testing.js'
import { isSource, makeProject, problemsIn, RUN_TIMEOUT_MS, run, writeSource } from './examples.js'
import { pageOf, pages, REPOSITORY } from './markdown.js'

const all = pages()
const blocks = all.flatMap((page) => page.blocks)
const runnable = blocks.filter((block) => block.words.includes('run'))

let folder: string
let cluster: TestCluster | undefined

before(async () => {
  folder = makeProject()
  if (runnable.length > 0) cluster = await startCluster({ replicas: 2 })
})
after(async () => {
  await cluster?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const WRONG = '# Wrong\n\n```ts\nimport { Pool } from "sluice/pg"\nnew Pool({ replica: [] })\n```\n'

test('every example in TypeScript or JavaScript compiles, and one that does not is found at its line', () => {
  const examples = [...blocks, ...pageOf('wrong.md', WRONG).blocks].filter(isSource)
  const problems = problemsIn(
    folder,
    examples.map((block) => writeSource(folder, block)),
  )
  assert.deepEqual(
    problems.filter((it) => !it.startsWith('wrong.md')),
    [],
  )
  assert.match(problems.join('\n'), /^wrong\.md:5: .*'replica' does not exist/m)
})

const READERS: Readonly<Record<string, (text: string) => unknown>> = {
  json: (text) => JSON.parse(text),
  yaml: (text) => parseYaml(text),
}

test('every example in JSON or YAML can be read', () => {
  for (const block of blocks) {
    assert.doesNotThrow(() => READERS[block.language]?.(block.text), `${block.file}:${block.line}`)
  }
})

for (const block of runnable) {
  test(`the example of ${block.file}, line ${block.line}, runs as it says`, { timeout: RUN_TIMEOUT_MS }, async () => {
    const { code, stdout, stderr } = await run(folder, block, cluster!)
    assert.equal(code, 0, stderr || stdout)
    if (block.output !== undefined) assert.equal(stdout.trimEnd(), block.output.trimEnd())
  })
}

test('every example for an ORM runs, and is not only compiled', () => {
  const onlyCompiled = blocks.filter(
    (it) => it.file.startsWith('docs/orms/') && isSource(it) && !it.words.includes('run'),
  )
  assert.deepEqual(
    onlyCompiled.map((it) => `${it.file}:${it.line}`),
    [],
  )
})

test('every npm script that a document names is there', () => {
  const { scripts } = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8'))
  for (const { file, text } of all) {
    for (const [, name] of text.matchAll(/\bnpm run (?:--silent )?([\w:-]*\w)/g))
      assert.ok(name! in scripts, `${file}: npm run ${name}`)
  }
})

test('every link between documents leads somewhere', () => {
  const broken = all.flatMap(({ file, links }) =>
    links.filter((link) => !leadsSomewhere(file, link)).map((link) => `${file}: ${link}`),
  )
  assert.deepEqual(broken, [])
})

test('every error code has an entry in docs/errors.md, and every entry a code', () => {
  const entries = [...readFileSync(join(REPOSITORY, 'docs/errors.md'), 'utf8').matchAll(/^## .*`(ERR_\w+)`/gm)]
  assert.deepEqual(entries.map((it) => it[1]).sort(), errorCodes())
})

function leadsSomewhere(from: string, link: string): boolean {
  const [path = '', anchor] = link.split('#')
  const target = path === '' ? from : join(dirname(from), path)
  if (!existsSync(join(REPOSITORY, target))) return false
  return anchor === undefined || (all.find((page) => page.file === target)?.anchors.has(anchor) ?? false)
}

function errorCodes(): readonly string[] {
  const files = readdirSync(join(REPOSITORY, 'src'), { recursive: true, encoding: 'utf8' }).filter((it) =>
    it.endsWith('.ts'),
  )
  const text = files.map((name) => readFileSync(join(REPOSITORY, 'src', name), 'utf8')).join('\n')
  return [...new Set([...text.matchAll(/readonly code = '(ERR_\w+)'/g)].map((found) => found[1]!))].sort()
}
