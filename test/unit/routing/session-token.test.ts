import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { readToken, signToken, type TokenPin, type TokenPosition } from '../../../src/routing/session-token.js'

const KEY = 'a key of sixteen bytes or more'
const OLD_KEY = 'the key that was used before'
const NOW = 1_800_000_000_000

const pins: readonly TokenPin[] = [
  { kind: 'pin', cluster: undefined, to: { node: 'replica-1' }, because: 'pinned', untilMs: NOW + 7000 },
  { kind: 'pin', cluster: 'orders', to: 'primary', because: 'wrote', untilMs: NOW + 5000 },
]

/** What a program with our key, but not this code, might sign. */
function signed(payload: string): string {
  const body = `v1.${Buffer.from(payload).toString('base64url')}`
  return `${body}.${createHmac('sha256', KEY).update(`sluice session token ${body}`).digest('base64url')}`
}

test('a token carries pins to another process', () => {
  assert.deepEqual(readToken(signToken(pins, [KEY]), [KEY], NOW), pins)
})

const positions: readonly TokenPosition[] = [
  {
    kind: 'position',
    clusterId: 'orders',
    shard: undefined,
    position: { system: '7711942190459984420', timeline: 3, lsn: 0x1_0000_0000n + 42n },
    untilMs: NOW + 9000,
  },
  { kind: 'position', clusterId: 'orders', shard: 'eu', position: 'unknown', untilMs: NOW + 8000 },
]

test('a token carries positions, and that one is not known', () => {
  assert.deepEqual(readToken(signToken(positions, [KEY]), [KEY], NOW), positions)
})

for (const [what, row] of [
  ['without a cluster', ['l', NOW + 1, null, null]],
  ['half a position', ['l', NOW + 1, 'orders', null, '77', 1]],
  ['a timeline that is none', ['l', NOW + 1, 'orders', null, '77', 1.5, 'ff']],
  ['an LSN that is none', ['l', NOW + 1, 'orders', null, '77', 1, 'xyz']],
  ['an LSN of more than 64 bits', ['l', NOW + 1, 'orders', null, '77', 1, 'f'.repeat(17)]],
] as const) {
  test(`malformed: a position ${what}`, () => {
    assert.equal(readToken(signed(JSON.stringify([row])), [KEY], NOW), 'malformed')
  })
}

test('a token is safe in a cookie, a header and a URL', () => {
  assert.match(signToken(pins, [KEY]), /^v1\.[\w-]+\.[\w-]{43}$/)
})

test('keys change without a gap: the first signs, all are believed', () => {
  const old = signToken(pins, [OLD_KEY])

  assert.deepEqual(readToken(old, [KEY, OLD_KEY], NOW), pins)
  assert.equal(readToken(old, [KEY], NOW), 'forged')
  assert.deepEqual(readToken(signToken(pins, [KEY, OLD_KEY]), [KEY], NOW), pins)
})

test('pins that are over are not read', () => {
  const token = signToken(pins, [KEY])

  assert.deepEqual(readToken(token, [KEY], NOW + 6000), [pins[0]])
  assert.equal(readToken(token, [KEY], NOW + 7000), 'expired')
})

test('a token is forged if any of its characters was changed', () => {
  const token = signToken(pins, [KEY])
  for (let i = 3; i < token.length; i++) {
    if (token[i] === '.') continue
    const changed = token.slice(0, i) + (token[i] === 'A' ? 'B' : 'A') + token.slice(i + 1)

    assert.equal(readToken(changed, [KEY], NOW), 'forged', changed)
  }
})

test('a signature made with the same key for something else is forged here', () => {
  const body = signToken(pins, [KEY]).split('.').slice(0, 2).join('.')

  assert.equal(readToken(`${body}.${createHmac('sha256', KEY).update(body).digest('base64url')}`, [KEY], NOW), 'forged')
})

for (const [what, text] of [
  ['nothing', ''],
  ['no text', undefined],
  ['a list, as parsers of queries give', ['v1.a.b']],
  ['of another version', signToken(pins, [KEY]).replace('v1', 'v2')],
  ['cut off', signToken(pins, [KEY]).slice(0, 20)],
  ['with a line behind it', `${signToken(pins, [KEY])}\n`],
  ['signed, but no JSON', signed('x')],
  ['signed, but no list', signed('{}')],
  ['signed, but of other rows', signed('[[1,2,3,4]]')],
  ['signed, but without a time', signed('[["w",null,null,null]]')],
  ['signed, but with too many pins', signed(JSON.stringify(Array(33).fill(['w', NOW + 1, 'a', null])))],
] as const) {
  test(`malformed: ${what}`, () => {
    assert.equal(readToken(text, [KEY], NOW), 'malformed')
  })
}

test('more than four kilobytes are not looked at', () => {
  assert.equal(readToken(`v1.${'a'.repeat(4096)}.b`, [KEY], NOW), 'too-long')
})

test('no text at all makes the reader throw', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.json(), fc.anything()), (text) => {
      assert.ok(['malformed', 'forged', 'too-long'].includes(String(readToken(text, [KEY], NOW))))
      assert.notEqual(readToken(signed(String(text)), [KEY], NOW), undefined)
    }),
    { seed: 1 },
  )
})

test('what is written can be read, however many pins there are and however long their names', () => {
  for (const name of ['a', 'ä'.repeat(64), '😀'.repeat(600)]) {
    const many = Array.from({ length: 100 }, (_, i): TokenPin => {
      return { kind: 'pin', cluster: `${name}${i}`, to: { node: name }, because: 'pinned', untilMs: NOW + 1 + i }
    })
    const token = signToken(many, [KEY])

    assert.ok(token.length <= 3800)
    assert.ok(Array.isArray(readToken(token, [KEY], NOW)) || name.length > 1000)
  }
})

test('of too many pins, those that last the longest are kept', () => {
  const many = Array.from(
    { length: 40 },
    (_, i): TokenPin => ({ ...pins[1], cluster: `c${i}`, untilMs: NOW + i }) as TokenPin,
  )
  const read = readToken(signToken(many, [KEY]), [KEY], NOW) as readonly TokenPin[]

  assert.deepEqual([read.length, read[0]?.cluster, read.at(-1)?.cluster], [32, 'c39', 'c8'])
})
