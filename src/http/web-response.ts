import type { Exchange, HeaderLine } from './exchange.js'

/**
 * The same response with these headers added, and its body read in the session, which ends with it.
 *
 * Whoever sends a response reads its body in a context of their own: a stream that asks the database when it is pulled
 * would ask outside of the session.
 */
export function inSession(exchange: Exchange, response: Response, added: readonly HeaderLine[]): Response {
  const { body, status, statusText } = response
  if (body === null || body.locked) {
    exchange.end()
    return withHeaders(response, added)
  }
  return new Response(readInside(exchange, body), { status, statusText, headers: headersOf(response, added) })
}

function withHeaders(response: Response, added: readonly HeaderLine[]): Response {
  // `Response.error()` is no answer: there is nothing to add to.
  if (added.length === 0 || response.type === 'error') return response
  // A copy: those of `Response.redirect()` and of what `fetch` brought cannot be changed.
  const { body, status, statusText } = response
  return new Response(body, { status, statusText, headers: headersOf(response, added) })
}

function headersOf(response: Response, added: readonly HeaderLine[]): Headers {
  const headers = new Headers(response.headers)
  for (const [name, value] of added) headers.append(name, value)
  return headers
}

function readInside(exchange: Exchange, body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  const read = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
    const { done, value } = await reader.read()
    if (!done) return controller.enqueue(value)
    exchange.end()
    controller.close()
  }
  const cancel = (reason: unknown) => {
    exchange.end()
    return reader.cancel(reason)
  }
  // Nothing ahead of who reads: no query is sent for what nobody takes.
  const strategy = { highWaterMark: 0 }
  return new ReadableStream(
    {
      pull: (controller) => exchange.run(() => read(controller)),
      cancel: (reason) => exchange.run(() => cancel(reason)),
    },
    strategy,
  )
}
