import { completeHttpOptions, type HttpOptions } from './http/http-options.js'
import { beginNodeExchange, type NodeRequest } from './http/node-exchange.js'
import type { NodeResponse } from './http/response-head.js'

export type { CookieOptions, HttpOptions } from './http/http-options.js'

/** The part of an Express request that is needed here. */
export interface ExpressRequest extends NodeRequest {
  /** Looks at `X-Forwarded-Proto` where the application trusts its proxy. */
  readonly secure: boolean
}

/**
 * Middleware for Express that runs what comes after it in a session, which it carries from request to request of the
 * same client. Put it in front of all that uses a pool.
 *
 * The head of a response leaves the moment that it is written: a position that is not known by then travels as unknown,
 * and the next request asks for it.
 *
 * @throws {ConfigError} naming every option that is wrong.
 */
export function sluice<Request extends ExpressRequest>(
  options: HttpOptions<Request>,
): (request: Request, response: NodeResponse, next: () => void) => void {
  const config = completeHttpOptions(options)
  return (request, response, next) => {
    const isSecure = () => request.secure
    const exchange = beginNodeExchange(config, { request, raw: request, response, isSecure })
    if (exchange === undefined) return next()
    return exchange.run(next)
  }
}
