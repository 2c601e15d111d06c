import { completeHttpOptions, type HttpOptions } from './http/http-options.js'
import { beginNodeExchange, type NodeRequest } from './http/node-exchange.js'
import type { NodeResponse } from './http/response-head.js'

export type { CookieOptions, HttpOptions } from './http/http-options.js'

/** The part of a request that is needed here. */
export interface NestRequest extends NodeRequest {
  /** Where the platform has it, as Express does. Else the socket tells. */
  readonly secure?: boolean
}

/**
 * Middleware for NestJS on Express: guards, interceptors, pipes, controllers and filters run in a session,
 * which it carries from request to request of the same client.
 *
 * `consumer.apply(sluice({ tokens })).forRoutes('{*path}')` in a module, or `app.use(sluice({ tokens }))`.
 *
 * @throws {ConfigError} naming every option that is wrong.
 */
export function sluice<Request extends NestRequest>(
  options: HttpOptions<Request>,
): (request: Request, response: NodeResponse, next: () => void) => void {
  const config = completeHttpOptions(options)
  return (request, response, next) => {
    const { secure } = request
    const sides = { request, raw: request, response }
    const exchange = beginNodeExchange(config, secure === undefined ? sides : { ...sides, isSecure: () => secure })
    if (exchange === undefined) return next()
    return exchange.run(next)
  }
}
