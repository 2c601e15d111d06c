import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError } from '../../../src/base/errors.js'
import { sessionTokens } from '../../../src/cluster/session-tokens.js'
import { completeHttpOptions } from '../../../src/http/http-options.js'

const tokens = sessionTokens({ keys: ['a key of sixteen bytes or more'], maxAgeMs: 1500 })

test('what is not said has a default', () => {
  const { cookie, header, consistency, refusedToken, shardOf, isSkipped } = completeHttpOptions<string>({ tokens })
  assert.deepEqual(cookie, {
    name: 'sluice',
    path: '/',
    domain: undefined,
    sameSite: 'lax',
    secure: 'auto',
    maxAgeSeconds: 2,
  })
  assert.deepEqual([header, consistency, refusedToken], ['x-sluice-session', undefined, 'ignore'])
  assert.deepEqual([shardOf('/'), isSkipped('/')], [undefined, false])
})

test('what is said is kept', () => {
  const cookie = { name: '__Host-s', sameSite: 'none', secure: true } as const
  const shard = () => 'eu'
  const config = completeHttpOptions({ tokens, cookie, header: 'X-Seen', consistency: 'strong', shard })
  assert.deepEqual([config.cookie?.name, config.cookie?.sameSite, config.cookie?.secure], ['__Host-s', 'none', true])
  assert.deepEqual([config.header, config.consistency, config.shardOf], ['x-seen', 'strong', shard])
  assert.equal(completeHttpOptions({ tokens, cookie: false }).cookie, undefined)
  assert.equal(completeHttpOptions({ tokens, header: false }).header, undefined)
})

const WRONG: readonly [found: object, path: string][] = [
  [{ tokens: undefined }, 'tokens'],
  [{ tokens: 'a key of sixteen bytes or more' }, 'tokens'],
  [{ cookies: {} }, 'cookies'],
  [{ cookie: true }, 'cookie'],
  [{ cookie: { maxAge: 5 } }, 'cookie.maxAge'],
  [{ cookie: { name: 'a b' } }, 'cookie.name'],
  [{ cookie: { name: '' } }, 'cookie.name'],
  [{ cookie: { path: 'shop' } }, 'cookie.path'],
  [{ cookie: { path: '/; Secure' } }, 'cookie.path'],
  [{ cookie: { domain: 'shop.example; Secure' } }, 'cookie.domain'],
  [{ cookie: { sameSite: 'Lax' } }, 'cookie.sameSite'],
  [{ cookie: { secure: 'yes' } }, 'cookie.secure'],
  [{ cookie: { sameSite: 'none' } }, 'cookie.secure'],
  [{ cookie: { name: '__Secure-s' } }, 'cookie.secure'],
  [{ cookie: { name: '__Host-s', secure: true, path: '/shop' } }, 'cookie.path'],
  [{ cookie: { name: '__Host-s', secure: true, domain: 'shop.example' } }, 'cookie.domain'],
  [{ header: 'x seen' }, 'header'],
  [{ header: true }, 'header'],
  [{ cookie: false, header: false }, 'header'],
  [{ consistency: 'sometimes' }, 'consistency'],
  [{ refusedToken: 'throw' }, 'refusedToken'],
  [{ shard: 'eu' }, 'shard'],
  [{ skip: '/assets' }, 'skip'],
]
for (const [found, path] of WRONG) {
  test(`${JSON.stringify(found)} is refused, at ${path}`, () => {
    assert.throws(
      () => completeHttpOptions({ tokens, ...found } as never),
      (error) => {
        assert.ok(error instanceof ConfigError)
        assert.deepEqual(
          error.problems.map((it) => it.path),
          [path],
        )
        return true
      },
    )
  })
}

test('all that is wrong is told at once, and no key is shown', () => {
  const wrong = { tokens: 'a key of sixteen bytes or more', header: 7, skip: 1 } as never
  assert.throws(
    () => completeHttpOptions(wrong),
    (error) => {
      assert.ok(error instanceof ConfigError)
      assert.equal(error.problems.length, 3)
      return !error.message.includes('a key')
    },
  )
})
