import assert from 'node:assert/strict'
import { test } from 'node:test'
import { attributesOf, cookieIn, cookieText } from '../../../src/http/cookie-text.js'
import type { CookieConfig } from '../../../src/http/http-options.js'

const FOUND: readonly [header: string | undefined, value: string | undefined][] = [
  [undefined, undefined],
  ['', undefined],
  ['sluice=v1.a.b', 'v1.a.b'],
  ['theme=dark; sluice=v1.a.b; lang=en', 'v1.a.b'],
  ['theme=dark;sluice=v1.a.b', 'v1.a.b'],
  ['  sluice = v1.a.b  ', 'v1.a.b'],
  ['sluice="v1.a.b"', 'v1.a.b'],
  ['sluice=first; sluice=second', 'first'],
  ['sluice=', undefined],
  ['sluice', undefined],
  ['mysluice=other; sluice2=other; Sluice=other', undefined],
  ['theme=sluice=v1', undefined],
  ['sluice=a=b', 'a=b'],
]
for (const [header, value] of FOUND) {
  test(`in ${JSON.stringify(header)} the token is ${value}`, () => assert.equal(cookieIn(header, 'sluice'), value))
}

const COOKIE: CookieConfig = {
  name: 'sluice',
  path: '/',
  domain: undefined,
  sameSite: 'lax',
  secure: 'auto',
  maxAgeSeconds: 60,
}
const textOf = (cookie: Partial<CookieConfig>, isRequestSecure: boolean) =>
  cookieText(
    'sluice',
    'v1.a.b',
    attributesOf({ ...COOKIE, ...cookie }, () => isRequestSecure),
  )

test('a cookie is HttpOnly and SameSite, and Secure where the request is', () => {
  assert.equal(textOf({}, false), 'sluice=v1.a.b; Max-Age=60; Path=/; HttpOnly; SameSite=Lax')
  assert.equal(textOf({}, true), 'sluice=v1.a.b; Max-Age=60; Path=/; HttpOnly; Secure; SameSite=Lax')
})

test('what the application says of it counts more', () => {
  assert.match(textOf({ secure: true }, false), /; Secure/)
  assert.doesNotMatch(textOf({ secure: false }, true), /; Secure/)
  assert.match(textOf({ path: '/shop', domain: 'shop.example' }, true), /; Path=\/shop; Domain=shop\.example;/)
  assert.match(textOf({ sameSite: 'strict' }, true), /; SameSite=Strict$/)
})
