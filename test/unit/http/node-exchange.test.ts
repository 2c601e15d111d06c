import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
import { currentSession } from '../../../src/cluster/session.js'
import type { SessionGround } from '../../../src/cluster/session-positions.js'
import { sessionTokens } from '../../../src/cluster/session-tokens.js'
import { completeHttpOptions } from '../../../src/http/http-options.js'
import { beginNodeExchange, type NodeRequest } from '../../../src/http/node-exchange.js'
import type { NodeResponse } from '../../../src/http/response-head.js'

const tokens = sessionTokens({ keys: ['a key of sixteen bytes or more'] })
/** What a session stands on that has written at a position that is known. */
const GROUND: SessionGround = {
  position: { system: '7', timeline: 1, lsn: 42n },
  isSettled: true,
  raise: () => undefined,
  settle: async () => undefined,
  seen: undefined,
  raiseSeen: () => undefined,
  settleSeen: async () => undefined,
}

class FakeRequest extends EventEmitter implements NodeRequest {
  readonly headers: NodeRequest['headers'] = {}
  readonly socket: object

  constructor(socket: object) {
    super()
    this.socket = socket
  }
}

class FakeResponse extends EventEmitter implements NodeResponse {
  headersSent = false
  readonly added: (readonly [name: string, value: string | string[]])[] = []

  writeHead(): void {
    this.headersSent = true
  }

  setHeader(): void {}

  removeHeader(): void {}

  appendHeader(name: string, value: string | string[]): void {
    this.added.push([name, value])
  }
}

function begin(socket: object = {}) {
  const response = new FakeResponse()
  const request = new FakeRequest(socket)
  const exchange = beginNodeExchange(completeHttpOptions({ tokens }), { request, raw: request, response })
  const wrote = () => exchange?.run(() => currentSession()?.groundIn('shop', undefined, () => GROUND))
  const writeHead = () => (response as NodeResponse).writeHead(200)
  return { request, response, exchange, wrote, writeHead }
}

const isSecure = (socket: object) => {
  const { response, wrote, writeHead } = begin(socket)
  wrote()
  writeHead()
  return /; Secure;/.test(String(response.added.find(([name]) => name === 'set-cookie')?.[1]))
}

test('the cookie is secure where the socket is encrypted', () => {
  assert.deepEqual([isSecure({ encrypted: true }), isSecure({})], [true, false])
})

test('a session that has not moved adds nothing', () => {
  const { response, writeHead } = begin()
  writeHead()
  assert.deepEqual([response.headersSent, response.added], [true, []])
})

test('a head is added to once', () => {
  const { response, wrote, writeHead } = begin()
  wrote()
  writeHead()
  response.headersSent = false
  writeHead()
  assert.deepEqual(
    response.added.map(([name]) => name),
    ['set-cookie', 'x-sluice-session'],
  )
})

test('events of the request and of the response come in the session, whatever context they are sent from', () => {
  const { request, response, exchange } = begin()
  const session = exchange?.run(() => currentSession())
  const seen: unknown[] = []
  request.on('end', () => seen.push(currentSession()))
  response.on('finish', () => seen.push(currentSession()))
  request.emit('end')
  response.emit('finish')
  assert.ok(session !== undefined)
  assert.deepEqual(seen, [session, session])
})
