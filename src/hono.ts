import { beginExchange } from './http/exchange.js'
import { completeHttpOptions, type HttpOptions } from './http/http-options.js'
import { inSession } from './http/web-response.js'

export type { CookieOptions, HttpOptions } from './http/http-options.js'

/** The part of a Hono context that is needed here. */
export interface HonoContext {
  readonly req: { readonly url: string; header(name: string): string | undefined }
  res: Response
  header(name: string, value: string, options: { append: boolean }): void
}

/**
 * Middleware for Hono, on Node.js, that runs what comes after it in a session, which it carries from request to request
 * of the same client. Put it in front of all that uses a pool.
 *
 * Before Hono answers, it waits for the position of what the request wrote, where that is not known yet. `secure: 'auto'`
 * goes by the request's URL: behind a proxy that ends TLS, say `true`.
 *
 * @throws {ConfigError} naming every option that is wrong.
 */
export function sluice<Context extends HonoContext>(
  options: HttpOptions<Context>,
): (context: Context, next: () => Promise<void>) => Promise<void> {
  const config = completeHttpOptions(options)
  return async (context, next) => {
    const exchange = beginExchange(config, context, ({ header }) => ({
      cookies: context.req.header('cookie'),
      header: header === undefined ? undefined : context.req.header(header),
      isSecure: () => new URL(context.req.url).protocol === 'https:',
    }))
    if (exchange === undefined) return next()
    try {
      // An error of the handler has become a response by then.
      await exchange.run(next)
    } catch (error) {
      exchange.end()
      throw error
    }
    await exchange.settle()
    context.res = inSession(exchange, context.res, [])
    for (const [name, value] of exchange.headers()) context.header(name, value, { append: true })
  }
}
