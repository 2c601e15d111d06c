import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sessionTokens } from '../../../src/cluster/session-tokens.js'
import { completeHttpOptions, type HttpOptions } from '../../../src/http/http-options.js'
import { type Brought, chooseToken } from '../../../src/http/token-choice.js'

const tokens = sessionTokens({ keys: ['a key of sixteen bytes or more'] })
const NEITHER = { cookies: undefined, header: undefined }
const COOKIE = { cookies: 'sluice=c', header: undefined }
const HEADER = { cookies: undefined, header: 'h' }

type Row = readonly [
  title: string,
  brought: Brought,
  options: Partial<HttpOptions<never>>,
  token: string | undefined,
  answerBy: string,
]
const ROWS: readonly Row[] = [
  ['a cookie is answered by a cookie', COOKIE, {}, 'c', 'cookie'],
  ['a header is answered by a header', HEADER, {}, 'h', 'header'],
  ['a header beats the cookie', { ...COOKIE, header: 'h' }, {}, 'h', 'header'],
  ['so does an empty one', { ...COOKIE, header: '' }, {}, undefined, 'header'],
  ['neither is answered by both', NEITHER, {}, undefined, 'cookie header'],
  ['an empty cookie is none', { ...NEITHER, cookies: 'sluice=' }, {}, undefined, 'cookie header'],
  ['without headers, one is not looked at', { ...COOKIE, header: 'h' }, { header: false }, 'c', 'cookie'],
  ['without headers, neither is answered by a cookie', NEITHER, { header: false }, undefined, 'cookie'],
  ['without cookies, one is not looked at', COOKIE, { cookie: false }, undefined, 'header'],
  ['without cookies, neither is answered by a header', NEITHER, { cookie: false }, undefined, 'header'],
]
for (const [title, brought, options, token, answerBy] of ROWS) {
  test(title, () => {
    const chosen = chooseToken(brought, completeHttpOptions({ tokens, ...options }))
    const by = Object.entries(chosen.answerBy).filter(([, isUsed]) => isUsed)
    assert.deepEqual([chosen.token, by.map(([name]) => name).join(' ')], [token, answerBy])
  })
}
