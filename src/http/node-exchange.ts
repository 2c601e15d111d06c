import { Readable } from 'node:stream'
import { beginExchange, type Exchange, type Incoming } from './exchange.js'
import type { HttpConfig } from './http-options.js'
import { addToHead, type NodeResponse } from './response-head.js'

/** The part of a request of `node:http`, or of its HTTP/2 likeness, that is needed here. */
export interface NodeRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly socket: object
  emit(name: string | symbol, ...values: unknown[]): boolean
}

export interface NodeSides<Request> {
  /** What the framework calls the request: for the functions that the application gave. */
  readonly request: Request
  readonly raw: NodeRequest
  readonly response: NodeResponse
  /** What the framework says, which may know of a proxy in front. Default: whether the socket is encrypted. */
  readonly isSecure?: () => boolean
}

/**
 * Begins a session with what the request brought, and sees to it that the head of the response carries it on.
 *
 * @returns `undefined`: this request is to be left alone.
 */
export function beginNodeExchange<Request>(
  config: HttpConfig<Request>,
  { request, raw, response, isSecure = () => isEncrypted(raw) }: NodeSides<Request>,
): Exchange | undefined {
  const exchange = beginExchange(config, request, ({ header }): Incoming => {
    const sent = header === undefined ? undefined : raw.headers[header]
    return { cookies: textOf(raw.headers['cookie'], '; '), header: textOf(sent, ', '), isSecure }
  })
  if (exchange === undefined) return undefined
  addToHead(response, () => exchange.headers())
  response.once('finish', () => exchange.end())
  keepInside(exchange, raw)
  keepInside(exchange, response)
  return exchange
}

/**
 * Its events come from the socket, which knows nothing of the request's context. Without this, `request.on('end')` and
 * `response.on('finish')` would run outside of the session.
 */
function keepInside(exchange: Exchange, emitter: NodeRequest | NodeResponse): void {
  const original: (...args: [string | symbol, ...unknown[]]) => boolean = emitter.emit
  const emit = (...args: [string | symbol, ...unknown[]]) => exchange.run(() => original.apply(emitter, args))
  Object.assign(emitter, { emit })
}

/**
 * For a body that the framework reads only after the middleware has returned: what the stream does to produce it, such
 * as asking the database for more rows, belongs to the session. Anything but a stream of Node.js is left alone.
 */
export function keepReadsInside(exchange: Exchange, body: unknown): void {
  if (!(body instanceof Readable)) return
  const original = body._read
  body._read = (size) => exchange.run(() => original.call(body, size))
}

function isEncrypted({ socket }: NodeRequest): boolean {
  return Reflect.get(socket, 'encrypted') === true
}

function textOf(header: string | string[] | undefined, separator: string): string | undefined {
  return Array.isArray(header) ? header.join(separator) : header
}
