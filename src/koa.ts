import { completeHttpOptions, type HttpOptions } from './http/http-options.js'
import { beginNodeExchange, keepReadsInside, type NodeRequest } from './http/node-exchange.js'
import type { NodeResponse } from './http/response-head.js'

export type { CookieOptions, HttpOptions } from './http/http-options.js'

/** The part of a Koa context that is needed here. */
export interface KoaContext {
  readonly req: NodeRequest
  readonly res: NodeResponse
  /** Looks at `X-Forwarded-Proto` where `app.proxy` is set. */
  readonly secure: boolean
  readonly body: unknown
}

/**
 * Middleware for Koa that runs what comes after it in a session, which it carries from request to request of the same
 * client. Put it in front of all that uses a pool.
 *
 * Before Koa answers, it waits for the position of what the request wrote, where that is not known yet.
 *
 * @throws {ConfigError} naming every option that is wrong.
 */
export function sluice<Context extends KoaContext>(
  options: HttpOptions<Context>,
): (context: Context, next: () => Promise<unknown>) => Promise<unknown> {
  const config = completeHttpOptions(options)
  return async (context, next) => {
    const { req: raw, res: response } = context
    const exchange = beginNodeExchange(config, { request: context, raw, response, isSecure: () => context.secure })
    if (exchange === undefined) return next()
    try {
      const result = await exchange.run(next)
      keepReadsInside(exchange, context.body)
      return result
    } finally {
      // Also after an error: Koa drops all headers then, and writes its own.
      await exchange.settle()
    }
  }
}
