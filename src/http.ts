import type { IncomingMessage, ServerResponse } from 'node:http'
import { completeHttpOptions, type HttpOptions } from './http/http-options.js'
import { beginNodeExchange, type NodeRequest } from './http/node-exchange.js'
import type { NodeResponse } from './http/response-head.js'

export type { CookieOptions, HttpOptions } from './http/http-options.js'

/**
 * A listener for `createServer` of `node:http`, `node:https` or `node:http2` that runs yours in a session, which it
 * carries from request to request of the same client.
 *
 * The head of a response leaves the moment that it is written: a position that is not known by then travels as unknown,
 * and the next request asks for it.
 *
 * @throws {ConfigError} naming every option that is wrong.
 */
export function sluice<Request extends NodeRequest = IncomingMessage, Response extends NodeResponse = ServerResponse>(
  options: HttpOptions<Request>,
  listener: (request: Request, response: Response) => unknown,
): (request: Request, response: Response) => unknown {
  const config = completeHttpOptions(options)
  return (request, response) => {
    const exchange = beginNodeExchange(config, { request, raw: request, response })
    if (exchange === undefined) return listener(request, response)
    return exchange.run(() => listener(request, response))
  }
}
