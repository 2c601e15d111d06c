import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'
import { test } from 'node:test'
import ts from 'typescript'

const SRC = join(import.meta.dirname, '../../src')

/** Which floor a folder is on. The longest name that fits decides; files directly in src/ are entries. */
const FLOORS: Readonly<Record<string, number>> = {
  base: 0,
  model: 1,
  routing: 2,
  dialect: 2,
  driver: 2,
  cluster: 3,
  pool: 4,
  makara: 4,
  testing: 5,
  cli: 5,
}
/** Folders whose sub-folders are neighbours of each other. */
const SPLIT = new Set(['dialect', 'driver', 'pool'])
/** What the pure floors may use of Node.js: arithmetic, no input or output. */
const PURE = new Set(['base', 'model', 'routing'])
const PURE_BUILT_INS = new Set(['node:crypto'])

interface Import {
  readonly from: string
  readonly to: string
  readonly isReExport: boolean
}

/** Every import of a source file: static, type-only, dynamic and re-exported. */
function importsIn(file: string, text: string): readonly Import[] {
  const found: Import[] = []
  const visit = (node: ts.Node): void => {
    if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier !== undefined) {
      const to = (node.moduleSpecifier as ts.StringLiteral).text
      found.push({ from: file, to, isReExport: ts.isExportDeclaration(node) })
    }
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      found.push({ from: file, to: (node.arguments[0] as ts.StringLiteral).text, isReExport: false })
    }
    if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      found.push({ from: file, to: (node.argument.literal as ts.StringLiteral).text, isReExport: false })
    }
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true))
  return found
}

function roomOf(file: string): { readonly name: string; readonly floor: number } {
  const parts = file.split('/')
  if (parts.length === 1) return { name: `entry ${file}`, floor: 5 }
  const top = parts[0] as string
  const floor = FLOORS[top]
  if (floor === undefined) return { name: top, floor: Number.NaN }
  return { name: SPLIT.has(top) ? `${top}/${parts[1]}` : top, floor }
}

function problemsOf(it: Import): string | undefined {
  const from = roomOf(it.from)
  if (Number.isNaN(from.floor)) return `${it.from} is on no floor`
  if (it.isReExport && from.floor < 5) return `${it.from} re-exports ${it.to}: only entry files do`
  if (!it.to.startsWith('.')) return foreign(it, from.name, from.floor)
  const target = normalize(join(dirname(it.from), it.to)).replace(/\.js$/, '.ts')
  const to = roomOf(target)
  if (from.name === to.name) return undefined
  if (to.floor > from.floor) return `${it.from} (floor ${from.floor}) imports ${target} (floor ${to.floor}), upwards`
  if (to.floor === from.floor && from.floor < 5) return `${it.from} imports ${target}, its neighbour`
  if (from.floor === 4 && to.floor === 2 && to.name.startsWith('dialect')) return `${it.from} names a dialect`
  return undefined
}

function foreign(it: Import, room: string, floor: number): string | undefined {
  const isBuiltIn = it.to.startsWith('node:')
  if (isBuiltIn && PURE.has(room) && !PURE_BUILT_INS.has(it.to))
    return `${it.from} imports ${it.to}: this floor is pure`
  if (!isBuiltIn && floor <= 3) return `${it.from} imports ${it.to}: floors 0 to 3 depend on nobody`
  return undefined
}

function cyclesIn(imports: readonly Import[]): readonly string[] {
  const graph = new Map<string, string[]>()
  for (const { from, to } of imports) {
    if (!to.startsWith('.')) continue
    const target = normalize(join(dirname(from), to)).replace(/\.js$/, '.ts')
    graph.set(from, [...(graph.get(from) ?? []), target])
  }
  const cycles: string[] = []
  const done = new Set<string>()
  const walk = (file: string, path: readonly string[]): void => {
    const at = path.indexOf(file)
    if (at >= 0) return void cycles.push([...path.slice(at), file].join(' → '))
    if (done.has(file)) return
    for (const next of graph.get(file) ?? []) walk(next, [...path, file])
    done.add(file)
  }
  for (const file of graph.keys()) walk(file, [])
  return cycles
}

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
const imports = files.flatMap((name) => importsIn(name, readFileSync(join(SRC, name), 'utf8')))

test('no import points up, sideways, or out of the floors that depend on nobody', () => {
  assert.ok(imports.length > 100)
  assert.deepEqual(
    imports.map(problemsOf).filter((it) => it !== undefined),
    [],
  )
})

test('there is no cycle of imports', () => {
  assert.deepEqual(cyclesIn(imports), [])
})

test('every import names a file that is there', () => {
  for (const { from, to } of imports.filter((it) => it.to.startsWith('.'))) {
    const target = join(SRC, dirname(from), to).replace(/\.js$/, '.ts')
    assert.ok(existsSync(target), `${from} imports ${relative(SRC, target)}`)
  }
})

const broken: readonly [string, string, RegExp][] = [
  ['model/a.ts', "import type { B } from '../cluster/b.js'", /upwards/],
  ['driver/pg/a.ts', "export type X = import('../../dialect/postgres/b.js').B", /neighbour/],
  ['routing/a.ts', "import fs from 'node:fs'", /pure/],
  ['cluster/a.ts', "const pg = await import('pg')", /depend on nobody/],
  ['cluster/a.ts', "export { b } from './b.js'", /only entry files/],
  ['elsewhere/a.ts', "import '../base/b.js'", /no floor/],
  ['pool/pg/a.ts', "import { classify } from '../../dialect/postgres/classify.js'", /names a dialect/],
]
for (const [file, text, problem] of broken) {
  test(`the rule finds: ${file} with ${text}`, () => {
    assert.match(importsIn(file, text).map(problemsOf).join(), problem)
  })
}

test('the rule finds a cycle', () => {
  const all = [
    ...importsIn('model/a.ts', "import './b.js'"),
    ...importsIn('model/b.ts', "import type { A } from './a.js'"),
  ]
  assert.equal(cyclesIn(all).length, 1)
})
