import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { classify } from '../../../src/dialect/postgresql/classify.js'
import { fingerprint } from '../../../src/dialect/postgresql/fingerprint.js'
import { Scanner } from '../../../src/dialect/postgresql/scanner.js'
import { BAD, END } from '../../../src/dialect/postgresql/tokens.js'
import type { Classification } from '../../../src/model/intent.js'
import { GROUPS } from '../../tables/classify/groups.js'

const TEXTS = GROUPS.flatMap((group) => group.texts).filter((text) => tokensOf(text).at(-1) !== undefined)
const anyText = fc.constantFrom(...TEXTS)
const blank = fc.constantFrom(
  ' ',
  '\n',
  '\t',
  '\r\n',
  ' -- for update; delete\n',
  '/* ; */',
  ' /* a /* nested */ ; */ ',
)

/** As written; empty when the text cannot be cut to its end. */
function tokensOf(sql: string): readonly string[] {
  const scanner = new Scanner(sql)
  const tokens: string[] = []
  for (let token = scanner.next(); token !== END; token = scanner.next()) {
    if (token === BAD) return []
    tokens.push(sql.slice(scanner.start, scanner.end))
  }
  return tokens
}

/** All that does not depend on where a token stands. A hint is a comment, and these texts have none. */
function meaningOf(found: Classification): Omit<Classification, 'at' | 'hint'> {
  const { at: _at, hint: _hint, ...meaning } = found
  return meaning
}

/** With a newline between them, two strings are one: nothing to compare. */
function hasStringsSideBySide(tokens: readonly string[]): boolean {
  return tokens.some((token, i) => token.endsWith("'") && tokens[i + 1]?.startsWith("'") === true)
}

test('blanks and comments between the tokens never change what a text is', () => {
  fc.assert(
    fc.property(anyText, fc.array(blank, { minLength: 1, maxLength: 6 }), (text, blanks) => {
      const tokens = tokensOf(text)
      fc.pre(!hasStringsSideBySide(tokens))
      const spread = tokens.map((token, i) => (blanks[i % blanks.length] as string) + token).join('')
      assert.deepEqual(meaningOf(classify(spread)), meaningOf(classify(text)), spread)
      assert.equal(fingerprint(spread), fingerprint(text))
    }),
    { seed: 1, numRuns: 1500 },
  )
})

test('the case of words that are not quoted never changes what a text is', () => {
  const inWords = (text: string, change: (word: string) => string) =>
    tokensOf(text)
      .map((token) => (/^[a-z_][a-z_0-9]*$/i.test(token) ? change(token) : token))
      .join(' ')
  for (const text of TEXTS.filter((it) => !hasStringsSideBySide(tokensOf(it)))) {
    const lower = meaningOf(classify(inWords(text, (word) => word.toLowerCase())))
    assert.deepEqual(meaningOf(classify(inWords(text, (word) => word.toUpperCase()))), lower, text)
    assert.deepEqual(meaningOf(classify(text)), lower, text)
  }
})

test('what stands in quotes never changes what a text is', () => {
  const anything = fc.string({ unit: 'grapheme', maxLength: 60 }).filter((it) => !it.includes('\0'))
  fc.assert(
    fc.property(anything, (inside) => {
      const plain = inside.replaceAll("'", "''")
      const escaped = inside.replaceAll('\\', '\\\\').replaceAll("'", "\\'")
      const quoted = inside.replaceAll('"', '""') || 'x'
      const sql = `select '${plain}', E'${escaped}', $zz$${inside.replaceAll('$', '')}$zz$ as "${quoted}"`
      assert.equal(classify(sql).reason, 'plain-read', sql)
      assert.equal(classify(`${sql} from t for update`).reason, 'locking-read', sql)
      assert.equal(classify(`${sql}; delete from t`).reason, 'write', sql)
    }),
    { seed: 1, numRuns: 1000 },
  )
})

test('a comment on the whole text never changes what it is', () => {
  fc.assert(
    fc.property(anyText, fc.string({ maxLength: 40 }), (text, comment) => {
      const block = `/*${comment.replaceAll('*', '').replaceAll('/', '')}*/`
      const line = `--${comment.replaceAll('\n', '').replaceAll('\r', '')}\n`
      assert.deepEqual(meaningOf(classify(`${block}${line}${text}\n${line}${block}`)), meaningOf(classify(text)))
    }),
    { seed: 1, numRuns: 500 },
  )
})

test('the tokens and what is between them are the whole text, in order', () => {
  const soup = fc.string({ unit: fc.constantFrom(...'abeExuUB1.0$\'"_-+*/;(),:=<>@ \n\\&é'), maxLength: 60 })
  fc.assert(
    fc.property(soup, (sql) => {
      const scanner = new Scanner(sql)
      let at = 0
      for (let token = scanner.next(); token !== END && token !== BAD; token = scanner.next()) {
        assert.ok(scanner.start >= at && scanner.end > scanner.start, sql)
        assert.match(sql.slice(at, scanner.start), /^(\s|--|\/\*)*/)
        at = scanner.end
      }
      assert.equal(scanner.end, sql.length)
    }),
    { seed: 1, numRuns: 5000 },
  )
})

test('any text at all gets an answer', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (sql) => {
      const found = classify(sql)
      assert.ok(found.at >= 0 && found.at <= sql.length)
      assert.equal(typeof fingerprint(sql), 'string')
    }),
    { seed: 1, numRuns: 1000 },
  )
})

test('of two statements together, the one that binds more decides', () => {
  const RANK = { replica: 0, all: 1, primary: 2 } as const
  fc.assert(
    fc.property(anyText, anyText, (one, other) => {
      const together = classify(`${one}\n;\n${other}`)
      const most = Math.max(RANK[classify(one).route], RANK[classify(other).route])
      // COMMIT and SET LOCAL stay with the read-only transaction that the same text began.
      if (classify(one).reason === 'read-only-transaction') return
      assert.ok(RANK[together.route] >= most, `${one} ; ${other}`)
    }),
    { seed: 1, numRuns: 3000 },
  )
})
