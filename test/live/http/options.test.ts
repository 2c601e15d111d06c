import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { after, before, test } from 'node:test'
import { serve } from '@hono/node-server'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import Koa from 'koa'
import { sluice as inExpress } from '../../../src/express.js'
import { sluice as inFastify } from '../../../src/fastify.js'
import { sluice as inHono } from '../../../src/hono.js'
import { sluice as inHttp } from '../../../src/http.js'
import { currentSession, type Session, sessionTokens } from '../../../src/index.js'
import { sluice as inKoa } from '../../../src/koa.js'
import { sluice as inNest } from '../../../src/nestjs.js'
import type { Pool } from '../../../src/pg.js'
import type { TestCluster } from '../../../src/testing.js'
import { Browser } from '../../support/browser.js'
import { eventually } from '../../support/pool.js'
import { served } from './applications/served.js'
import { staleReplica } from './stale-replica.js'

let cluster: TestCluster
let pool: Pool

before(async () => {
  ;({ cluster, pool } = await staleReplica())
})
after(async () => {
  await pool?.end()
  await cluster?.stop()
})

const tokens = sessionTokens({ keys: ['a key of sixteen bytes or more'] })
const add = (body: string) => pool.query('insert into notes (body) values ($1)', [body])
const has = async (body: string) => (await pool.query('select from notes where body = $1', [body])).rowCount === 1
const THROUGH_TLS = { 'x-forwarded-proto': 'https' }

type Serve = (trust: boolean) => Promise<{ url: string; close(): Promise<void> }>

const BEHIND_A_PROXY: Readonly<Record<string, Serve>> = {
  express(trust) {
    const app = express().set('trust proxy', trust).use(inExpress({ tokens }))
    return served(app.get('/', async (_request, response) => void response.json(await add('a'))).listen(0))
  },
  nestjs(trust) {
    const app = express().set('trust proxy', trust).use(inNest({ tokens }))
    return served(app.get('/', async (_request, response) => void response.json(await add('a'))).listen(0))
  },
  async fastify(trust) {
    const app = fastify({ trustProxy: trust, forceCloseConnections: true })
    await app.register(inFastify({ tokens }))
    app.get('/', () => add('a'))
    return { url: await app.listen({ port: 0, host: '127.0.0.1' }), close: async () => void (await app.close()) }
  },
  koa(trust) {
    const app = new Koa({ proxy: trust }).use(inKoa({ tokens })).use(async (context) => {
      context.body = await add('a')
    })
    return served(app.listen(0))
  },
}
for (const [framework, serve] of Object.entries(BEHIND_A_PROXY)) {
  test(`${framework}: behind a proxy that is trusted, the cookie is secure where the client's request is`, async (t) => {
    const secure = []
    for (const trust of [true, false]) {
      const { url, close } = await serve(trust)
      t.after(close)
      const { setCookies } = await new Browser(url).get('/', THROUGH_TLS)
      secure.push(/; Secure;/.test(setCookies.join()))
    }
    assert.deepEqual(secure, [true, false])
  })
}

test('hono: the cookie is secure where the URL is', async () => {
  const app = new Hono().use(inHono({ tokens })).get('/', async (context) => context.json((await add('a')).rowCount))
  const secure = []
  for (const url of ['https://shop.example/', 'http://shop.example/']) {
    secure.push(/; Secure;/.test((await app.request(url)).headers.getSetCookie().join()))
  }
  assert.deepEqual(secure, [true, false])
})

test('hono: a response whose headers cannot be changed is copied', async () => {
  const app = new Hono().use(inHono({ tokens })).post('/', async () => {
    await add('a')
    return Response.redirect('http://shop.example/notes', 303)
  })
  const { status, headers } = await app.request('/', { method: 'POST' })
  assert.deepEqual([status, headers.get('location')], [303, 'http://shop.example/notes'])
  assert.match(headers.getSetCookie().join(), /^sluice=/)
})

test('hono: a body that is produced when it is pulled belongs to the session, which ends with it', async (t) => {
  async function* pieces(session: Session | undefined) {
    session?.pin('primary')
    for (let i = 0; i < 3; i++) {
      await new Promise((resolve) => setImmediate(resolve))
      yield new TextEncoder().encode(`${pool.route('select 1')?.reason} `)
    }
  }
  let session: Session | undefined
  const app = new Hono().use(inHono({ tokens })).get('/', (context) => {
    session = currentSession()
    return context.body(ReadableStream.from<Uint8Array<ArrayBuffer>>(pieces(session)))
  })
  const { url, close } = await served(serve({ fetch: app.fetch, port: 0 }) as Server)
  t.after(close)
  assert.equal((await new Browser(url).get('/')).text, 'session-pinned '.repeat(3))
  assert.equal(
    session?.run(() => pool.route('select 1')?.reason),
    'read',
  )
})

test('fastify: a reply that is taken over and written by hand carries the session too', async (t) => {
  const app = fastify({ forceCloseConnections: true })
  await app.register(inFastify({ tokens }))
  app.get('/', async (_request, reply) => {
    await add('by hand')
    reply.hijack()
    reply.raw.writeHead(200, { 'content-type': 'text/event-stream' }).end('data: 1\n\n')
  })
  t.after(() => app.close())
  const { setCookies, text } = await new Browser(await app.listen({ port: 0, host: '127.0.0.1' })).get('/')
  assert.equal(text, 'data: 1\n\n')
  assert.match(setCookies.join(), /^sluice=/)
})

test('the consistency and the shard of a request are those of its session', async (t) => {
  const seen: unknown[] = []
  const consistency = { maxLagMs: 500 }
  const shard = (request: IncomingMessage) => request.url?.slice(1)
  const server = createServer(
    inHttp({ tokens, consistency, shard }, (_request, response) => {
      seen.push(currentSession()?.shard, currentSession()?.consistency)
      response.end()
    }),
  )
  const { url, close } = await served(server.listen(0))
  t.after(close)
  await new Browser(url).get('/eu')
  assert.deepEqual(seen, ['eu', consistency])
})

test('a token that is refused may mean that reads see what the primary shows', async (t) => {
  await add('of another time')
  const server = createServer(
    inHttp({ tokens, refusedToken: 'see-primary' }, async (_request, response) => {
      response.end(String(await has('of another time')))
    }),
  )
  const { url, close } = await served(server.listen(0))
  t.after(close)
  assert.equal((await new Browser(url).get('/')).text, 'false')
  assert.equal((await new Browser(url, { sluice: 'v1.W10.forged' }).get('/')).text, 'true')
})

test('who waits for the positions before the answer carries what is known, and nothing when it is not new', async (t) => {
  const server = createServer(
    inHttp({ tokens }, async (_request, response) => {
      await has('nothing')
      await currentSession()?.positions()
      response.end()
    }),
  )
  const { url, close } = await served(server.listen(0))
  t.after(close)
  const browser = new Browser(url)
  assert.deepEqual([(await browser.get('/')).setCookies.length, (await browser.get('/')).setCookies.length], [1, 0])
})

test('a pin without an end ends with the response', async (t) => {
  const sessions: Session[] = []
  const server = createServer(
    inHttp({ tokens }, (_request, response) => {
      const session = currentSession()
      if (session !== undefined) sessions.push(session)
      session?.pin('primary')
      response.end(pool.route('select 1')?.reason)
    }),
  )
  const { url, close } = await served(server.listen(0))
  t.after(close)
  assert.equal((await new Browser(url).get('/')).text, 'session-pinned')
  await eventually(
    () => sessions[0]?.run(() => pool.route('select 1')?.reason),
    (reason) => reason === 'read',
  )
})

test('what the response tells inside of withoutPin stays outside of what holds the session', async (t) => {
  const seen: unknown[] = []
  const server = createServer(
    inHttp({ tokens }, (_request, response) => {
      const session = currentSession()
      session?.pin('primary')
      response.on('told', () => seen.push(pool.route('select 1')?.reason))
      response.emit('told')
      session?.withoutPin(() => response.emit('told'))
      response.end()
    }),
  )
  const { url, close } = await served(server.listen(0))
  t.after(close)
  await new Browser(url).get('/')
  assert.deepEqual(seen, ['session-pinned', 'read'])
})
