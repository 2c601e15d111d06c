import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import Koa from 'koa'
import { sluice } from '../../../../src/koa.js'
import { type HttpApplication, NoteError, type Notes } from '../../../contract/http.js'
import { served } from './served.js'

export const koaApplication: HttpApplication = {
  framework: 'koa',
  answers: 'settled',
  finishes: 1,
  serve(notes, { tokens }) {
    const app = new Koa()
    // It says every error on the console otherwise.
    app.silent = true
    app.use(sluice({ tokens, skip: (context: Koa.Context) => context.path.startsWith('/assets/') }))
    app.use((context) => respond(notes, context))
    return served(app.listen(0))
  },
}

async function respond(notes: Notes, context: Koa.Context): Promise<void> {
  context.res.on('finish', () => notes.finishedIn.push(notes.session()))
  const posted = context.method === 'POST' ? JSON.parse(await text(context.req)).body : ''
  switch (`${context.method} ${context.path}`) {
    case 'GET /notes':
      context.body = await notes.list()
      return
    case 'GET /plain':
      context.body = 'plain'
      return
    case 'POST /notes':
      await notes.add(posted)
      context.cookies.set('theme', 'dark')
      context.cookies.set('lang', 'en')
      context.redirect('/notes')
      context.status = 303
      return
    case 'POST /failure':
      await notes.add(posted)
      throw new NoteError('after the write')
    case 'POST /stream':
      await notes.add(posted)
      context.body = Readable.from(notes.lines())
      return
    case 'POST /sessions':
      context.body = await notes.sessions(posted)
      return
    default:
      context.body = String(notes.session())
  }
}
