import type { Server } from 'node:http'
import { serve } from '@hono/node-server'
import { withSluice } from '../../../../src/next.js'
import { type HttpApplication, NoteError, type Notes, type SharedOptions } from '../../../contract/http.js'
import { served } from './served.js'

/**
 * Route handlers as Next.js calls them: a `Request` in, a `Response` out. A small router stands in
 * the place of Next.js, which test/next/ starts.
 */
export const nextApplication: HttpApplication = {
  framework: 'next',
  answers: 'settled',
  finishes: 0,
  serve(notes, options) {
    const routes = routesOf(notes, options)
    const route = (request: Request) => routes[`${request.method} ${new URL(request.url).pathname}`]
    const fetch = async (request: Request) => (await route(request)?.(request)) ?? new Response(null, { status: 404 })
    return served(serve({ fetch, port: 0 }) as Server)
  },
}

type RouteHandler = (request: Request) => Response | Promise<Response>

function routesOf(notes: Notes, { tokens }: SharedOptions): Readonly<Record<string, RouteHandler>> {
  const options = { tokens, skip: (request: Request) => new URL(request.url).pathname.startsWith('/assets/') }
  const bodyOf = async (request: Request): Promise<string> => ((await request.json()) as { body: string }).body
  const routes: Record<string, RouteHandler> = {
    'GET /notes': async () => Response.json(await notes.list()),
    'GET /plain': () => new Response('plain'),
    'POST /notes': async (request) => {
      await notes.add(await bodyOf(request))
      const response = new Response(null, { status: 303, headers: { location: '/notes' } })
      for (const cookie of ['theme=dark', 'lang=en']) response.headers.append('set-cookie', cookie)
      return response
    },
    // What Next.js answers for an error that is thrown has no cookies: a handler that has written must answer itself.
    'POST /failure': async (request) => {
      await notes.add(await bodyOf(request))
      return new Response(new NoteError('after the write').message, { status: 500 })
    },
    'POST /stream': async (request) => {
      await notes.add(await bodyOf(request))
      return new Response(ReadableStream.from(encoded(notes.lines())))
    },
    'POST /sessions': async (request) => Response.json(await notes.sessions(await bodyOf(request))),
    'GET /assets/logo': () => new Response(String(notes.session())),
  }
  return Object.fromEntries(Object.entries(routes).map(([name, handler]) => [name, withSluice(handler, options)]))
}

async function* encoded(lines: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  for await (const line of lines) yield new TextEncoder().encode(line)
}
