import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { loadModule, scanSync } from 'libpg-query'
import { Scanner } from '../../../src/dialect/postgresql/scanner.js'
import { BAD, END } from '../../../src/dialect/postgresql/tokens.js'
import { GROUPS } from '../../tables/classify/groups.js'

await loadModule()

/** Each token as it is written; `undefined` when the text is refused. */
type Tokens = readonly string[] | undefined

function ours(sql: string): Tokens {
  const scanner = new Scanner(sql)
  const tokens: string[] = []
  for (let token = scanner.next(); token !== END; token = scanner.next()) {
    if (token === BAD) return undefined
    tokens.push(sql.slice(scanner.start, scanner.end))
  }
  return tokens
}

/** Characters that its scanner passes on, for its grammar to refuse. */
const NO_SQL = new Set(['\\', '$', '{', '}'])

/** PostgreSQL's own scanner counts in bytes, and comments are tokens to it. */
function theirs(sql: string): Tokens {
  const bytes = Buffer.from(sql)
  try {
    const scanned = (scanSync(sql) as { tokens: { start: number; end: number }[] }).tokens
    const tokens = scanned.map((it) => bytes.subarray(it.start, it.end).toString())
    if (tokens.some((it) => NO_SQL.has(it))) return undefined
    return tokens.filter((it) => !it.startsWith('--') && !it.startsWith('/*'))
  } catch {
    return undefined
  }
}

/**
 * Two differences do not matter, and one is the library's: it takes `N` before a string for a token, ends at a NUL, and
 * lets no comment stand between the parts of a string, where every server does.
 */
function isComparable(sql: string, tokens: Tokens): boolean {
  if (tokens === undefined || sql === '' || sql.includes('\0')) return false
  return !/[nN]'/.test(sql) && !(sql.includes("'") && sql.includes('--'))
}

for (const { texts } of GROUPS) {
  for (const sql of texts.filter((it) => isComparable(it, theirs(it)))) {
    test(`the tokens are PostgreSQL's: ${JSON.stringify(sql)}`, () => assert.deepEqual(ours(sql), theirs(sql)))
  }
}

const fragment = fc.constantFrom(
  ...['a', 'b_1', 'select', 'Ä', 'x$y', '_', 'e', 'E', 'u', 'U', 'b', 'B', 'x', 'X', 'u&', 'U&'],
  ...["'", "''", "'a'", "E'\\'", '"', '""', '"a"', '$$', '$a$', '$1', '$', '\\'],
  ...['0', '12', '1.5', '.', '..', '1e5', 'e+', '0x1F', '0b1', '0o7', '1_0', '_1'],
  ...[
    '+',
    '-',
    '--',
    '*',
    '/',
    '/*',
    '*/',
    '<',
    '>',
    '=',
    '=>',
    '>=',
    '<>',
    '!=',
    '::',
    ':=',
    ':',
    '@',
    '#',
    '|',
    '?',
    '%',
  ],
  ...['(', ')', '[', ']', ',', ';', ' ', '\n', '\t', '\r', "'\n'", "' --x\n'"],
)

test('whatever PostgreSQL can cut into tokens, we cut at the same places', () => {
  fc.assert(
    fc.property(fc.array(fragment, { minLength: 1, maxLength: 12 }), (fragments) => {
      const sql = fragments.join('')
      const expected = theirs(sql)
      if (isComparable(sql, expected)) assert.deepEqual(ours(sql), expected, JSON.stringify(sql))
    }),
    { seed: 1, numRuns: 30_000 },
  )
})

test('what we cannot cut, PostgreSQL cannot either', () => {
  fc.assert(
    fc.property(fc.array(fragment, { minLength: 1, maxLength: 8 }), (fragments) => {
      const sql = fragments.join('')
      if (ours(sql) === undefined) assert.equal(theirs(sql), undefined, JSON.stringify(sql))
    }),
    { seed: 1, numRuns: 10_000 },
  )
})
