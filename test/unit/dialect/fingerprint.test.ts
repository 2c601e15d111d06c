import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fingerprint } from '../../../src/dialect/postgresql/fingerprint.js'

test('values, comments, case and white space make no difference', () => {
  const expected = 'select * from notes where id = ? and body = ?'
  for (const text of [
    "select * from notes where id = 1 and body = 'x'",
    'SELECT *\nFROM notes -- by id\nWHERE id=$1 AND body=$2',
    "/* trace 7 */ select * from Notes where id = 2.5e3 and body = E'\\'' /* end */",
    'select*from notes where id=0x1F and body=$$x$$',
  ]) {
    assert.equal(fingerprint(text), expected)
  }
})

test('lists of values count as one value', () => {
  assert.equal(fingerprint('select 1 in (1, 2, 3)'), fingerprint('select 1 in ($1)'))
  assert.equal(fingerprint('insert into t values (1, 2)'), 'insert into t values ( ? )')
})

test('names make a difference, quoted ones with their case', () => {
  assert.notEqual(fingerprint('select a'), fingerprint('select b'))
  assert.notEqual(fingerprint('select "A"'), fingerprint('select "a"'))
})

test('no value is ever in it', () => {
  for (const text of [
    "select 'secret'",
    'select $$secret$$',
    "select E'secret'",
    "select 'secret",
    'select $a$secret',
    "select U&'secret'",
  ]) {
    assert.ok(!fingerprint(text).includes('secret'), text)
  }
})

test('long texts that differ in a name are told apart, and stay short', () => {
  const long = (last: string) => `select ${Array.from({ length: 2000 }, (_, i) => `column_${i}`).join(', ')}, ${last}`
  assert.notEqual(fingerprint(long('a')), fingerprint(long('b')))
  assert.equal(fingerprint(long('a')), fingerprint(`/* again */ ${long('a')}`))
  assert.ok(fingerprint(long('a')).length < 2100)
})
