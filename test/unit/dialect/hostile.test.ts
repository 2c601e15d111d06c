import assert from 'node:assert/strict'
import { test } from 'node:test'
import { classify } from '../../../src/dialect/postgresql/classify.js'
import { fingerprint } from '../../../src/dialect/postgresql/fingerprint.js'
import { touchedTables } from '../../../src/dialect/postgresql/touched-tables.js'
import type { Tables } from '../../../src/model/tables.js'

const MANY = 100_000

/** Each would end a program that recurses, goes back, or builds a list of lists. */
const HOSTILE: readonly (readonly [string, string, string])[] = [
  ['a hundred thousand parentheses', `select ${'('.repeat(MANY)}1${')'.repeat(MANY)}`, 'plain-read'],
  ['a hundred thousand parentheses that stay open', `select ${'('.repeat(MANY)}`, 'not-classified'],
  ['a hundred thousand parentheses too many', `select 1${')'.repeat(MANY)}`, 'not-classified'],
  ['a string of ten million characters', `select '${'x'.repeat(10_000_000)}'`, 'plain-read'],
  ['a string of ten million characters that does not end', `select '${'x'.repeat(10_000_000)}`, 'not-classified'],
  ['a word of ten million characters', `select ${'x'.repeat(10_000_000)}`, 'plain-read'],
  ['a comment of ten million characters', `select /*${'*'.repeat(10_000_000)}*/ 1`, 'plain-read'],
  ['a hundred thousand nested comments', `select ${'/*'.repeat(MANY)}${'*/'.repeat(MANY)} 1`, 'plain-read'],
  [
    'ten thousand sub-selects',
    `select 1 where 1 in (${'(select 1 from a) union '.repeat(10_000)} (select 1))`,
    'plain-read',
  ],
  [
    'ten thousand sub-selects inside each other',
    `${'select (select a from b where c in ('.repeat(10_000)}1${'))'.repeat(10_000)}`,
    'plain-read',
  ],
  [
    'ten thousand CTEs',
    `with ${Array.from({ length: 10_000 }, (_, i) => `t${i} as (select 1)`).join(', ')} select 1`,
    'plain-read',
  ],
  ['a hundred thousand strings', `select ${"'a' || ".repeat(MANY)}''`, 'plain-read'],
  ['a hundred thousand doubled quotes', `select '${"''".repeat(MANY)}'`, 'plain-read'],
  ['a hundred thousand parts of one string', `select 'a'${"\n'a'".repeat(MANY)}`, 'plain-read'],
  ['blanks behind a hundred thousand strings', `select ${`'a'${' '.repeat(20)}, `.repeat(MANY)}1`, 'plain-read'],
  ['dollars that open nothing', `select ${'$a '.repeat(MANY)}`, 'not-classified'],
  ['a hundred thousand tags', `select ${'$a$$a$,'.repeat(MANY)}1`, 'plain-read'],
  ['an operator of a hundred thousand characters', `select 1 ${'<'.repeat(MANY)} 2`, 'plain-read'],
  ['an operator of a hundred thousand signs', `select 1 ${'+'.repeat(MANY)} 2`, 'plain-read'],
  ['a hundred thousand calls', `select ${'f('.repeat(MANY)}1${')'.repeat(MANY)}`, 'plain-read'],
  [
    'a hundred thousand set_config',
    `select ${"set_config('a', ".repeat(MANY)}1${", '', true)".repeat(MANY)}`,
    'plain-read',
  ],
  ['a hundred thousand signals', `select ${'pg_cancel_backend('.repeat(MANY)}1${')'.repeat(MANY)}`, 'signals-backend'],
  ['a name of a hundred thousand parts', `select * from ${'a.'.repeat(MANY)}b`, 'plain-read'],
  ['a hundred thousand INTO', `select 1 ${'into temp '.repeat(MANY)}`, 'temporary-object'],
  ['a hundred thousand statements', 'select 1;'.repeat(MANY), 'plain-read'],
  ['a hundred thousand FOR', `select 1 ${'for '.repeat(MANY)} update`, 'locking-read'],
  ['a lock at the end of all', `select 1 from a where b in (${'1,'.repeat(200_000)}1) for update`, 'locking-read'],
  ['a write at the end of all', `${'select 1;'.repeat(MANY)}delete from t`, 'write'],
  [
    'EXPLAIN with a hundred thousand options',
    `explain (${'analyze off, '.repeat(MANY)}costs) select 1`,
    'explain-only',
  ],
  ['a hundred thousand opening comments', `${'/* a */'.repeat(MANY)}select 1`, 'plain-read'],
]

for (const [title, sql, reason] of HOSTILE) {
  test(`survives ${title}`, () => {
    const expected = title.includes('set_config') ? 'set-local' : reason
    assert.equal(classify(sql).reason, expected)
  })
}

/** Every name is a table of one group: nothing is refused before its end. */
const ANY: Tables = { has: () => true, reads: () => ['t'], inserts: () => ['t'], writes: () => ['t'] }

for (const [title, sql] of HOSTILE.filter((it) => it[1].length < 2_000_000)) {
  test(`finds the tables in ${title}, by itself and behind an INSERT`, () => {
    touchedTables(sql, classify(sql), ANY)
    const write = `insert into t ${sql}`
    touchedTables(write, classify(write), ANY)
  })
}

test('a fingerprint of a text of any size is short', () => {
  for (const [, sql] of HOSTILE) assert.ok(fingerprint(sql).length < 2100)
})
