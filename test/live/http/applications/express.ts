import { Readable } from 'node:stream'
import express from 'express'
import { sluice } from '../../../../src/express.js'
import { type HttpApplication, NoteError, type Notes, type SharedOptions } from '../../../contract/http.js'
import { served } from './served.js'

export const expressApplication: HttpApplication = {
  framework: 'express',
  answers: 'at-once',
  finishes: 1,
  async serve(notes, options) {
    return served(applicationOf(notes, options).listen(0))
  },
}

function applicationOf(notes: Notes, { tokens }: SharedOptions): express.Express {
  const app = express()
  // It says every error on the console otherwise.
  app.set('env', 'test')
  app.use(sluice({ tokens, skip: (request: express.Request) => request.path.startsWith('/assets/') }))
  app.use(express.json())
  app.use((_request, response, next) => {
    response.on('finish', () => notes.finishedIn.push(notes.session()))
    next()
  })
  app.get('/notes', async (_request, response) => void response.json(await notes.list()))
  app.get('/plain', (_request, response) => void response.send('plain'))
  app.post('/notes', async (request, response) => {
    await notes.add(request.body.body)
    response.cookie('theme', 'dark').cookie('lang', 'en').redirect(303, '/notes')
  })
  app.post('/failure', async (request) => {
    await notes.add(request.body.body)
    throw new NoteError('after the write')
  })
  app.post('/stream', async (request, response) => {
    await notes.add(request.body.body)
    Readable.from(notes.lines()).pipe(response)
  })
  app.post('/sessions', async (request, response) => void response.json(await notes.sessions(request.body.body)))
  app.get('/assets/logo', (_request, response) => void response.send(String(notes.session())))
  return app
}
