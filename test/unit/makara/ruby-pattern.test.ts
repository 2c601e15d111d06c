import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rubyPattern } from '../../../src/makara/ruby-pattern.js'

for (const [source, flags, matching, other] of [
  ['gone away', '', 'has gone away', 'Gone Away'],
  ['gone away', 'i', 'Gone Away', 'away'],
  ['^second$', '', 'first\nsecond\nthird', 'first second'],
  ['\\Afirst', '', 'first\nsecond', 'x\nfirst'],
  ['last\\z', '', 'x last', 'last\n'],
  ['last\\Z', '', 'last\n', 'last\n\n'],
  ['a.b', '', 'axb', 'a\nb'],
  ['a.b', 'm', 'a\nb', 'ab'],
  ['a b # that was it', 'x', 'ab', 'a b'],
  ['a\\ b[ #]', 'x', 'a b#', 'ab#'],
  ['\\h\\h[\\h-]', '', 'xa3-', 'xyz'],
  ['[[:digit:]_]+\\Z', '', 'a1_2', 'a'],
  ['(?<name>x)\\k<name>', '', 'xx', 'x'],
  ['\\[a\\]', '', '[a]', 'a'],
  ['(?<=on )port \\d{4}', '', 'on port 5432', 'port 5432'],
] as const) {
  test(`/${source}/${flags} means the same as in Ruby`, () => {
    const pattern = rubyPattern(source, flags)

    assert.ok(pattern instanceof RegExp, String(pattern))
    assert.deepEqual([pattern.test(matching), pattern.test(other)], [true, false])
  })
}

for (const [source, why] of [
  ['(?>a+)b', 'an atomic group'],
  ['(?i)a', 'flags in the middle'],
  ['(?mi-x:a)', 'flags in the middle'],
  ['a++', 'a possessive quantifier'],
  ['a(?#note)', 'a comment'],
  ['[a&&b]', 'an intersection of classes'],
  ['[a[b]]', 'a class within a class'],
  ['\\p{Alpha}', 'a Unicode property'],
  ['\\Ga', 'an escape that JavaScript lacks'],
  ['(a', 'something that JavaScript does not accept'],
] as const) {
  test(`/${source}/ has no equal: ${why}`, () => {
    assert.equal(rubyPattern(source, ''), why)
  })
}
