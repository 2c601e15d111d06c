import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import fc from 'fast-check'
import { loadModule, parseSync } from 'libpg-query'
import { classify } from '../../../src/dialect/postgresql/classify.js'
import { Scanner } from '../../../src/dialect/postgresql/scanner.js'
import { BAD, END } from '../../../src/dialect/postgresql/tokens.js'
import { NOT_READS, READS, SETTINGS } from './corpus.js'

const CORPUS = [...READS, ...NOT_READS, ...SETTINGS]

before(() => loadModule())

type Tree = Record<string, unknown>

/** PostgreSQL's own parser, asked the same question: could this text be more than a plain read? */
function parserSaysPlainRead(sql: string): boolean | undefined {
  let statements: { stmt: Tree }[]
  try {
    statements = (parseSync(sql) as { stmts?: { stmt: Tree }[] }).stmts ?? []
  } catch {
    return undefined
  }
  return statements.length === 0 ? undefined : statements.every(({ stmt }) => isPlain(stmt))
}

function isPlain(stmt: Tree): boolean {
  const [kind, node] = Object.entries(stmt)[0] as [string, Tree]
  if (kind === 'ExplainStmt') return isPlainExplain(node)
  if (kind === 'VariableShowStmt') return true
  if (kind === 'CopyStmt') {
    if (node['is_from'] === true || node['is_program'] === true || node['filename'] !== undefined) return false
    return node['query'] === undefined || isPlain(node['query'] as Tree)
  }
  return kind === 'SelectStmt' && !holds(node, WRITING)
}

function isPlainExplain(node: Tree): boolean {
  const options = (node['options'] ?? []) as { DefElem: { defname: string; arg?: Tree } }[]
  const analyze = options.filter((it) => it.DefElem.defname === 'analyze').at(-1)
  if (analyze !== undefined && !/"(off|false)"|"ival":\{\}/.test(JSON.stringify(analyze.DefElem.arg ?? 'on'))) {
    return isPlain(node['query'] as Tree)
  }
  return /^(Select|Insert|Update|Delete|Merge)Stmt$/.test(Object.keys(node['query'] as Tree)[0] ?? '')
}

/** What makes a SELECT more than a read, wherever in the tree it stands. */
const WRITING = new Set(['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt', 'LockingClause', 'intoClause'])

function holds(tree: unknown, names: ReadonlySet<string>): boolean {
  if (Array.isArray(tree)) return tree.some((it) => holds(it, names))
  if (typeof tree !== 'object' || tree === null) return false
  return Object.entries(tree).some(([key, value]) => names.has(key) || holds(value, names))
}

for (const sql of CORPUS) {
  test(`PostgreSQL's parser agrees: ${sql}`, () => {
    const plain = parserSaysPlainRead(sql)
    if (plain === false) assert.notEqual(classify(sql).intent, 'read')
    if (READS.includes(sql)) assert.notEqual(plain, false)
  })
}

/** The tokens of a text, as it stands. */
function tokensOf(sql: string): readonly string[] {
  const scanner = new Scanner(sql)
  const tokens: string[] = []
  for (let token = scanner.next(); token !== END; token = scanner.next()) {
    tokens.push(sql.slice(scanner.start, scanner.end))
    if (token === BAD) break
  }
  return tokens
}

const blank = fc.constantFrom(' ', '\n', '\t', ' -- for update\n', ' /* insert into */ ', ' /* a /* nested */ b */ ')
const complete = CORPUS.filter((sql) => classify(sql).reason !== 'not-classified')

test('comments and blanks between tokens change nothing', () => {
  fc.assert(
    fc.property(fc.constantFrom(...complete), fc.array(blank, { minLength: 1, maxLength: 5 }), (sql, blanks) => {
      const spread = tokensOf(sql)
        .map((token, i) => token + (blanks[i % blanks.length] as string))
        .join('')
      // A string goes on after a newline, so two of them side by side are one: nothing to compare.
      fc.pre(!/'\s*(--[^\n]*)?\n\s*'/.test(spread))
      const { at: _a, ...before } = classify(sql)
      const { at: _b, ...after } = classify(`select 0;${spread}`.slice(9))
      assert.deepEqual(after.route, before.route)
      assert.deepEqual(after.reason, before.reason)
      assert.deepEqual(after.effects, before.effects)
    }),
    { numRuns: 400 },
  )
})

test('the case of unquoted words changes nothing', () => {
  for (const sql of complete.filter((it) => !/['"$]/.test(it))) {
    assert.equal(classify(sql.toUpperCase()).route, classify(sql).route, sql)
  }
})

test('what stands in quotes changes nothing', () => {
  const anything = fc.string({ maxLength: 60 }).map((text) => text.replaceAll("'", "''"))
  fc.assert(
    fc.property(anything, (text) => {
      fc.pre(!text.includes('\0'))
      assert.equal(classify(`select '${text}'`).reason, 'plain-read')
      assert.equal(
        classify(`select * from notes as "${text.replaceAll('"', '""') || 'x'}" for update`).reason,
        'locking-read',
      )
    }),
    { numRuns: 500 },
  )
})

test('tokens, and the blanks between them, are the whole text', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'abe1.$\'"_-+*/;(),:=<>@ \n\\U&é'), maxLength: 60 }), (sql) => {
      const scanner = new Scanner(sql)
      let at = 0
      let token = scanner.next()
      for (; token !== END && token !== BAD; token = scanner.next()) {
        assert.ok(scanner.start >= at && scanner.end > scanner.start)
        at = scanner.end
      }
      assert.ok(token === BAD || scanner.start === sql.length)
    }),
    { numRuns: 3000 },
  )
})

test('no text, however odd, is a read when the parser knows that it is not', () => {
  const piece = fc.constantFrom(
    ...'select|1|from|notes|for update|with a as (|)|(|delete from notes|returning id|insert into notes values (1)'.split(
      '|',
    ),
    ...`,|;|'x'|"y"|$$z$$|where|a|as|into|t|union|values (1)|explain|analyze|begin|set x = 1|update notes set id = 1`.split(
      '|',
    ),
  )
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 9 }), (pieces) => {
      const sql = pieces.join(' ')
      if (parserSaysPlainRead(sql) === false) assert.notEqual(classify(sql).intent, 'read', sql)
    }),
    { numRuns: 20_000 },
  )
})

const hostile: readonly [string, string, string][] = [
  ['a hundred thousand parentheses', `select ${'('.repeat(100_000)}1${')'.repeat(100_000)}`, 'plain-read'],
  ['ten million characters', `select '${'x'.repeat(10_000_000)}'`, 'plain-read'],
  [
    'ten thousand sub-selects',
    `select 1 where 1 in (${'(select 1 from a) union '.repeat(10_000)} (select 1))`,
    'plain-read',
  ],
  ['a hundred thousand nested comments', `select ${'/*'.repeat(100_000)}${'*/'.repeat(100_000)} 1`, 'plain-read'],
  ['a hundred thousand quotes', `select ${"'a' || ".repeat(100_000)}''`, 'plain-read'],
  ['a lock at the end of all', `select 1 from a where b in (${'1,'.repeat(200_000)}1) for update`, 'locking-read'],
  ['dollars that open nothing', `select ${'$a'.repeat(100_000)}`, 'plain-read'],
]
for (const [title, sql, reason] of hostile) {
  test(`survives ${title}`, () => assert.equal(classify(sql).reason, reason))
}
