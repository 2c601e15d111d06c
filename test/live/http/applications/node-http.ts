import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { sluice } from '../../../../src/http.js'
import type { HttpApplication, Notes } from '../../../contract/http.js'
import { served } from './served.js'

export const nodeHttpApplication: HttpApplication = {
  framework: 'http',
  answers: 'at-once',
  finishes: 1,
  serve(notes, { tokens }) {
    const skip = (request: IncomingMessage) => request.url?.startsWith('/assets/') === true
    return served(
      createServer(sluice({ tokens, skip }, (request, response) => answer(notes, request, response))).listen(0),
    )
  },
}

/** Reads the body by events, which say nothing of the context they are in. */
function answer(notes: Notes, request: IncomingMessage, response: ServerResponse): void {
  let text = ''
  request.setEncoding('utf8').on('data', (piece: string) => {
    text += piece
  })
  request.on('end', () => {
    const body = text === '' ? '' : (JSON.parse(text).body as string)
    respond(notes, `${request.method} ${request.url}`, body, response).catch(() => response.writeHead(500).end())
  })
  response.on('finish', () => notes.finishedIn.push(notes.session()))
}

async function respond(notes: Notes, what: string, body: string, response: ServerResponse): Promise<unknown> {
  switch (what) {
    case 'GET /notes':
      return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(await notes.list()))
    case 'GET /plain':
      return response.end('plain')
    case 'POST /notes':
      await notes.add(body)
      response.setHeader('set-cookie', 'lost=1')
      return response.writeHead(303, { location: '/notes', 'Set-Cookie': ['theme=dark', 'lang=en'] }).end()
    case 'POST /failure':
      await notes.add(body)
      throw new Error('after the write')
    case 'POST /stream':
      await notes.add(body)
      return Readable.from(notes.lines()).pipe(response)
    case 'POST /sessions':
      return response.end(JSON.stringify(await notes.sessions(body)))
    default:
      return response.end(String(notes.session()))
  }
}
