import { Readable } from 'node:stream'
import fastify, { type FastifyInstance } from 'fastify'
import { sluice } from '../../../../src/fastify.js'
import { type HttpApplication, NoteError, type Notes, type SharedOptions } from '../../../contract/http.js'

export const fastifyApplication: HttpApplication = {
  framework: 'fastify',
  answers: 'settled',
  finishes: 1,
  async serve(notes, options) {
    const app = await applicationOf(notes, options)
    return { url: await app.listen({ port: 0, host: '127.0.0.1' }), close: async () => void (await app.close()) }
  },
}

interface Posted {
  readonly Body: { readonly body: string }
}

async function applicationOf(notes: Notes, { tokens }: SharedOptions): Promise<FastifyInstance> {
  const app = fastify({ forceCloseConnections: true })
  await app.register(sluice({ tokens, skip: (request) => request.raw.url?.startsWith('/assets/') === true }))
  app.addHook('onResponse', async () => void notes.finishedIn.push(notes.session()))
  app.get('/notes', () => notes.list())
  app.get('/plain', async () => 'plain')
  app.post<Posted>('/notes', async ({ body }, reply) => {
    await notes.add(body.body)
    return reply.header('set-cookie', 'theme=dark').header('set-cookie', 'lang=en').redirect('/notes', 303)
  })
  app.post<Posted>('/failure', async ({ body }) => {
    await notes.add(body.body)
    throw new NoteError('after the write')
  })
  app.post<Posted>('/stream', async ({ body }, reply) => {
    await notes.add(body.body)
    return reply.send(Readable.from(notes.lines()))
  })
  app.post<Posted>('/sessions', ({ body }) => notes.sessions(body.body))
  app.get('/assets/logo', async () => String(notes.session()))
  return app
}
