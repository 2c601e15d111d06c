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
  orm: 4,
  store: 4,
  makara: 4,
  http: 4,
  replication: 4,
  topology: 4,
  testing: 5,
  cli: 5,
}
/** Folders whose sub-folders are neighbours of each other. */
const SPLIT = new Set(['dialect', 'driver', 'pool', 'store', 'replication'])
/** What the pure floors may use of Node.js: arithmetic, no input or output. */
const PURE = new Set(['base', 'model', 'routing'])
const PURE_BUILT_INS = new Set(['node:crypto'])

interface Import {
  readonly from: string
  readonly to: string
  readonly isReExport: boolean
  readonly isTypeOnly: boolean
}

/** Every import of a source file: static, type-only, dynamic, required and re-exported. */
function importsIn(file: string, text: string): readonly Import[] {
  const found: Import[] = []
  const importedFrom = new Map<string, string>()
  const visit = (node: ts.Node): void => {
    if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier !== undefined) {
      const to = (node.moduleSpecifier as ts.StringLiteral).text
      found.push({ from: file, to, isReExport: ts.isExportDeclaration(node), isTypeOnly: isErased(node) })
      for (const name of ts.isImportDeclaration(node) ? namesOf(node) : []) importedFrom.set(name, to)
    }
    if (ts.isExportDeclaration(node) && node.moduleSpecifier === undefined) {
      for (const { propertyName, name } of ts.isNamedExports(node.exportClause!) ? node.exportClause.elements : []) {
        const to = importedFrom.get((propertyName ?? name).text)
        if (to !== undefined) found.push({ from: file, to, isReExport: true, isTypeOnly: false })
      }
    }
    if (ts.isCallExpression(node) && isLoad(node.expression)) {
      const [what] = node.arguments
      const to = what !== undefined && ts.isStringLiteralLike(what) ? what.text : '(computed)'
      found.push({ from: file, to, isReExport: false, isTypeOnly: false })
    }
    if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      const to = (node.argument.literal as ts.StringLiteral).text
      found.push({ from: file, to, isReExport: false, isTypeOnly: true })
    }
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true))
  return found
}

function namesOf(node: ts.ImportDeclaration): readonly string[] {
  const { name, namedBindings: bindings } = node.importClause ?? {}
  const named = bindings === undefined ? [] : ts.isNamespaceImport(bindings) ? [bindings] : [...bindings.elements]
  return [name, ...named.map((it) => it.name)].flatMap((it) => (it === undefined ? [] : [it.text]))
}

function isErased(node: ts.ImportDeclaration | ts.ExportDeclaration): boolean {
  return ts.isExportDeclaration(node) ? node.isTypeOnly : node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword
}

function isLoad(callee: ts.Expression): boolean {
  return callee.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(callee) && callee.text === 'require')
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
  if (to.name === 'cli') return `${it.from} imports ${target}: the command line is nobody's part`
  if (from.floor < 5 && isHandedIn(to.name) && !it.isTypeOnly) return `${it.from} names ${to.name}: it is handed in`
  return undefined
}

/** Only floor 5 knows which engine, and which way to it, there is. Others know its types at most. */
function isHandedIn(room: string): boolean {
  return room.startsWith('dialect/') || room.startsWith('driver/')
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
  ['cluster/a.ts', "const pg = require('pg')", /depend on nobody/],
  ['cluster/a.ts', 'const it = await import(name)', /depend on nobody/],
  ['cluster/a.ts', "import { b } from './b.js'\nexport { b as c }", /only entry files/],
  ['pool/pg/a.ts', "import { classify } from '../../dialect/postgres/classify.js'", /handed in/],
  ['cluster/a.ts', "import { PgPool } from '../driver/pg/pg-types.js'", /handed in/],
  ['pg.ts', "import { run } from './cli/classify/run.js'", /command line/],
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
