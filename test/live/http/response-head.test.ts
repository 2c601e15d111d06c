import assert from 'node:assert/strict'
import { createServer, type ServerResponse } from 'node:http'
import { connect, createServer as createServer2 } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { addToHead } from '../../../src/http/response-head.js'
import { served } from './applications/served.js'

type Answer = (response: ServerResponse) => unknown

/** What `writeHead` takes, in every form that Node.js knows, and what of it must arrive. */
const ANSWERS: readonly [title: string, answer: Answer, cookies: readonly string[], extra: string | null][] = [
  ['end() alone', (it) => it.end(), [], null],
  ['write()', (it) => [it.write('a'), it.end()], [], null],
  ['setHeader()', (it) => [it.setHeader('set-cookie', 'a=1'), it.setHeader('x-extra', '1'), it.end()], ['a=1'], '1'],
  ['a list by setHeader()', (it) => [it.setHeader('Set-Cookie', ['a=1', 'b=2']), it.end()], ['a=1', 'b=2'], null],
  ['an object', (it) => it.writeHead(200, { 'x-extra': '1' }).end(), [], '1'],
  ['an object with a cookie', (it) => it.writeHead(200, { 'Set-Cookie': 'a=1' }).end(), ['a=1'], null],
  ['an object with two', (it) => it.writeHead(200, { 'Set-Cookie': ['a=1', 'b=2'] }).end(), ['a=1', 'b=2'], null],
  [
    'an object after setHeader(), which it overrides',
    (it) => [it.setHeader('set-cookie', 'lost=1'), it.writeHead(200, { 'set-cookie': 'a=1', 'x-extra': '1' }).end()],
    ['a=1'],
    '1',
  ],
  [
    'an object without cookies after setHeader()',
    (it) => [it.setHeader('set-cookie', 'a=1'), it.writeHead(200, { 'x-extra': '1' }).end()],
    ['a=1'],
    '1',
  ],
  [
    'a flat list',
    (it) => it.writeHead(200, ['Set-Cookie', 'a=1', 'X-Extra', '1', 'Set-Cookie', 'b=2'] as never).end(),
    ['a=1', 'b=2'],
    '1',
  ],
  [
    'a list of pairs',
    (it) =>
      it
        .writeHead(200, [
          ['Set-Cookie', 'a=1'],
          ['X-Extra', '1'],
        ] as never)
        .end(),
    ['a=1'],
    '1',
  ],
]

for (const [title, answer, cookies, extra] of ANSWERS) {
  test(`a header is added beside those of the application: ${title}`, async (t) => {
    const server = createServer((_request, response) => {
      addToHead(response, () => [
        ['set-cookie', 'sluice=t'],
        ['x-sluice-session', 't'],
      ])
      answer(response)
    })
    const { url, close } = await served(server.listen(0))
    t.after(close)
    const { headers } = await fetch(url)
    assert.deepEqual(headers.getSetCookie(), [...cookies, 'sluice=t'])
    assert.deepEqual([headers.get('x-extra'), headers.get('x-sluice-session')], [extra, 't'])
  })

  test(`the same over HTTP/2: ${title}`, async (t) => {
    const server = createServer2((_request, response) => {
      addToHead(response, () => [
        ['set-cookie', 'sluice=t'],
        ['x-sluice-session', 't'],
      ])
      answer(response as unknown as ServerResponse)
    })
    await new Promise<void>((resolve) => server.listen(0, resolve))
    const client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    t.after(() => [client.close(), server.close()])
    const request = client.request({ ':path': '/' }).resume()
    const headers = await new Promise<Record<string, unknown>>((resolve) => request.once('response', resolve))
    assert.deepEqual(headers['set-cookie'], [...cookies, 'sluice=t'])
    assert.deepEqual([headers['x-extra'] ?? null, headers['x-sluice-session']], [extra, 't'])
  })
}

test('the reason and the status stay', async (t) => {
  const { url, close } = await served(
    createServer((_request, response) => {
      addToHead(response, () => [['x-sluice-session', 't']])
      response.writeHead(404, 'Gone Fishing', { 'x-extra': '1' }).end()
    }).listen(0),
  )
  t.after(close)
  const { status, statusText, headers } = await fetch(url)
  assert.deepEqual([status, statusText, headers.get('x-extra')], [404, 'Gone Fishing', '1'])
})

test('a head that is written twice fails as it does without us, and adds nothing twice', async (t) => {
  let asked = 0
  const { url, close } = await served(
    createServer((_request, response) => {
      addToHead(response, () => (asked++ === 0 ? [['x-sluice-session', 't']] : []))
      response.writeHead(200)
      assert.throws(() => response.writeHead(200), { code: 'ERR_HTTP_HEADERS_SENT' })
      response.end()
    }).listen(0),
  )
  t.after(close)
  assert.equal((await fetch(url)).headers.get('x-sluice-session'), 't')
  assert.equal(asked, 1)
})
