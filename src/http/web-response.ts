import type { HeaderLine } from './exchange.js'

/** The same response with these headers added: itself where its headers can be changed, else a copy. */
export function withHeaders(response: Response, added: readonly HeaderLine[]): Response {
  // `Response.error()` is no answer: there is nothing to add to.
  if (added.length === 0 || response.type === 'error') return response
  try {
    for (const [name, value] of added) response.headers.append(name, value)
    return response
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    // Those of `Response.redirect()` and of what `fetch` brought cannot be changed.
    return copyWith(response, added)
  }
}

function copyWith({ body, status, statusText, headers }: Response, added: readonly HeaderLine[]): Response {
  return new Response(body, {
    status,
    statusText,
    headers: [...headers, ...added.map(([name, value]) => [name, value] as [string, string])],
  })
}
