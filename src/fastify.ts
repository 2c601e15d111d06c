import type { Exchange } from './http/exchange.js'
import { completeHttpOptions, type HttpOptions } from './http/http-options.js'
import { beginNodeExchange, type NodeRequest } from './http/node-exchange.js'
import type { NodeResponse } from './http/response-head.js'

export type { CookieOptions, HttpOptions } from './http/http-options.js'

/** The part of a Fastify request that is needed here. */
export interface FastifyRequest {
  readonly raw: NodeRequest
  /** Looks at `X-Forwarded-Proto` where `trustProxy` is set. */
  readonly protocol: string
}

export interface FastifyReply {
  readonly raw: NodeResponse
}

/** The part of a Fastify application that is needed here. */
export interface FastifyApp<Request> {
  addHook(
    name: 'onRequest' | 'preValidation',
    hook: (request: Request, reply: FastifyReply, done: () => void) => void,
  ): unknown
  addHook(name: 'onSend', hook: (request: Request, reply: FastifyReply, payload: unknown) => Promise<unknown>): unknown
}

export type FastifyPlugin<Request> = (app: FastifyApp<Request>, options: object, done: () => void) => void

/**
 * A plugin for Fastify: hooks, handlers and error handlers that come after it run in a session, which it carries from
 * request to request of the same client. It holds for the application that registers it, not only for itself.
 *
 * Before Fastify answers, it waits for the position of what the request wrote, where that is not known yet.
 *
 * @throws {ConfigError} naming every option that is wrong.
 */
export function sluice<Request extends FastifyRequest>(options: HttpOptions<Request>): FastifyPlugin<Request> {
  const config = completeHttpOptions(options)
  const plugin: FastifyPlugin<Request> = (app, _options, done) => {
    const exchanges = new WeakMap<Request, Exchange>()
    app.addHook('onRequest', (request, reply, next) => {
      const isSecure = () => request.protocol === 'https'
      const exchange = beginNodeExchange(config, { request, raw: request.raw, response: reply.raw, isSecure })
      if (exchange === undefined) return next()
      exchanges.set(request, exchange)
      exchange.run(next)
    })
    // The body has been read: a parser of the application's may have ended in the context of its stream.
    app.addHook('preValidation', (request, _reply, next) => within(exchanges.get(request), next))
    app.addHook('onSend', async (request, _reply, payload) => {
      await exchanges.get(request)?.settle()
      return payload
    })
    done()
  }
  // As `fastify-plugin` does: the hooks are those of the application, not of a scope of their own.
  return Object.assign(plugin, { [Symbol.for('skip-override')]: true, [Symbol.for('fastify.display-name')]: 'sluice' })
}

function within(exchange: Exchange | undefined, next: () => void): void {
  if (exchange === undefined) next()
  else exchange.run(next)
}
