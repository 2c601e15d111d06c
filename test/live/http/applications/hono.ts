import type { Server } from 'node:http'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { setCookie } from 'hono/cookie'
import { stream } from 'hono/streaming'
import { sluice } from '../../../../src/hono.js'
import { type HttpApplication, NoteError, type Notes, type SharedOptions } from '../../../contract/http.js'
import { served } from './served.js'

export const honoApplication: HttpApplication = {
  framework: 'hono',
  answers: 'settled',
  finishes: 0,
  serve(notes, options) {
    return served(serve({ fetch: applicationOf(notes, options).fetch, port: 0 }) as Server)
  },
}

function applicationOf(notes: Notes, { tokens }: SharedOptions): Hono {
  const app = new Hono()
  app.use(sluice({ tokens, skip: (context) => new URL(context.req.url).pathname.startsWith('/assets/') }))
  app.get('/notes', async (context) => context.json(await notes.list()))
  app.get('/plain', (context) => context.text('plain'))
  app.post('/notes', async (context) => {
    await notes.add((await context.req.json()).body)
    setCookie(context, 'theme', 'dark')
    setCookie(context, 'lang', 'en')
    return context.redirect('/notes', 303)
  })
  app.post('/failure', async (context) => {
    await notes.add((await context.req.json()).body)
    throw new NoteError('after the write')
  })
  app.post('/stream', async (context) => {
    await notes.add((await context.req.json()).body)
    return stream(context, async (out) => {
      for await (const line of notes.lines()) await out.write(line)
    })
  })
  app.post('/sessions', async (context) => context.json(await notes.sessions((await context.req.json()).body)))
  app.get('/assets/logo', (context) => context.text(String(notes.session())))
  app.onError((error, context) => context.text(error.message, error instanceof NoteError ? 500 : 501))
  return app
}
