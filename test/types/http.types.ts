// What must compile, and what must not: checked by `npm run typecheck`, never run.
import { createServer } from 'node:http'
import { createServer as createServer2 } from 'node:http2'
import { createServer as createTlsServer } from 'node:https'
import type { MiddlewareConsumer } from '@nestjs/common'
import express from 'express'
import fastify, { type FastifyRequest } from 'fastify'
import { type Context, Hono } from 'hono'
import Koa from 'koa'
import { sluice as inExpress } from '../../src/express.js'
import { sluice as inFastify } from '../../src/fastify.js'
import { sluice as inHono } from '../../src/hono.js'
import { sluice as inHttp } from '../../src/http.js'
import { sessionTokens } from '../../src/index.js'
import { sluice as inKoa } from '../../src/koa.js'
import { sluice as inNest } from '../../src/nestjs.js'
import { withSluice } from '../../src/next.js'

const tokens = sessionTokens({ keys: ['a key of sixteen bytes or more'] })

// Each stands where its framework wants it, and what it is told of a request is what the framework has.
express().use(inExpress({ tokens, skip: (request: express.Request) => request.path === '/health' }))
express.Router().use(inExpress({ tokens }))
fastify().register(inFastify({ tokens, shard: (request: FastifyRequest) => request.hostname }))
fastify({ http2: true }).register(inFastify({ tokens }))
new Koa().use(inKoa({ tokens, skip: (context: Koa.Context) => context.path === '/health' }))
new Hono<{ Variables: { user: string } }>().use(
  inHono({ tokens, skip: (context: Context) => context.req.path === '/' }),
)
export const nest = (consumer: MiddlewareConsumer) => consumer.apply(inNest({ tokens })).forRoutes('{*path}')

createServer(inHttp({ tokens }, (request, response) => response.end(request.url)))
createTlsServer(inHttp({ tokens, skip: (request) => request.url === '/' }, (_request, response) => response.end()))
createServer2(inHttp({ tokens }, (request, response) => response.end(request.url)))

export const GET: (request: Request, context: { params: Promise<{ id: string }> }) => Promise<Response> = withSluice(
  async (_request: Request, { params }: { params: Promise<{ id: string }> }) => new Response((await params).id),
  { tokens, skip: (request) => request.url.endsWith('/health') },
)
export const action: (form: FormData) => Promise<void> = withSluice(async (_form: FormData) => {}, { tokens })

// @ts-expect-error nothing signs
inExpress({})
// @ts-expect-error such a cookie lives as long as the tokens
inKoa({ tokens, cookie: { maxAge: 60 } })
// @ts-expect-error it goes with the request
inFastify({ tokens, shard: 'eu' })
