import { ConfigError } from './base/errors.js'
import type { CookieAttributes } from './http/cookie-text.js'
import { beginExchange, type Exchange, type Incoming } from './http/exchange.js'
import { completeHttpOptions, type HttpConfig, type HttpOptions } from './http/http-options.js'
import { inSession } from './http/web-response.js'
import { Problems } from './routing/problems.js'

export type { CookieOptions, HttpOptions } from './http/http-options.js'

/** What `cookies()` of `next/headers` gives. */
export interface NextCookies {
  get(name: string): { readonly value: string } | undefined
  set(name: string, value: string, attributes: CookieAttributes): unknown
}

/** What `headers()` of `next/headers` gives. */
export interface NextHeaders {
  get(name: string): string | null
}

/** @typeParam First the first argument of what is wrapped: `skip` and `shard` are asked with it. */
export interface NextOptions<First = unknown> extends HttpOptions<First> {
  /** Of `next/headers`. Needed around actions and pages, and around a route handler that leaves by `redirect()`. */
  readonly cookies?: (() => Promise<NextCookies>) | undefined
  /** Of `next/headers`. Needed where `cookies` is. */
  readonly headers?: (() => Promise<NextHeaders>) | undefined
}

/**
 * A route handler or a server action that runs in a session, which is carried from request to request of the same
 * client.
 *
 * Before it answers, it waits for the position of what was written, where that is not known yet. What is thrown goes
 * through; the session is carried then too, if `cookies` is given and Next.js still sets cookies, as for `redirect()`.
 *
 * @throws {ConfigError} naming every option that is wrong; an action without `cookies`, when it is called first.
 */
export function withSluice<Call extends readonly unknown[], Result>(
  fn: (...call: Call) => Result | Promise<Result>,
  options: NextOptions<Call[0]>,
): (...call: Call) => Promise<Result> {
  return wrap(fn, options, (exchange, carrier, result) => carrier.carry(exchange, result))
}

/**
 * A page, or what it reads with, that runs in the session that the request brought. Next.js lets nobody set a cookie
 * while it renders: what the page itself sees is not carried on.
 *
 * @throws {ConfigError} as `withSluice`.
 */
export function withSluicePage<Call extends readonly unknown[], Result>(
  fn: (...call: Call) => Result | Promise<Result>,
  options: NextOptions<Call[0]>,
): (...call: Call) => Promise<Result> {
  return wrap(fn, options, async (exchange, _carrier, result) => {
    exchange.end()
    return result
  })
}

type Leave = <Result>(exchange: Exchange, carrier: Carrier, result: Result) => Promise<Result>

function wrap<Call extends readonly unknown[], Result>(
  fn: (...call: Call) => Result | Promise<Result>,
  options: NextOptions<Call[0]>,
  leave: Leave,
): (...call: Call) => Promise<Result> {
  const config = completeHttpOptions<Call[0]>(options, ['cookies', 'headers'])
  const store = storeIn(options)
  return async (...call) => {
    const carrier = isRequest(call[0]) ? new RequestCarrier(call[0], store) : new StoreCarrier(store)
    const incoming = await carrier.incoming(config)
    const exchange = beginExchange(config, call[0], () => incoming)
    if (exchange === undefined) return fn(...call)
    const result = await exchange
      .run(async () => fn(...call))
      .catch(async (error: unknown) => {
        await leave(exchange, carrier, undefined)
        throw error
      })
    return leave(exchange, carrier, result)
  }
}

/** Where the token comes from, and where it goes. */
interface Carrier {
  incoming(config: HttpConfig<never>): Promise<Incoming>
  carry<Result>(exchange: Exchange, result: Result): Promise<Result>
}

/** Around a route handler: from the headers of its request to those of its response. */
class RequestCarrier implements Carrier {
  readonly #request: Request
  readonly #store: Store | undefined

  constructor(request: Request, store: Store | undefined) {
    this.#request = request
    this.#store = store
  }

  async incoming({ header }: HttpConfig<never>): Promise<Incoming> {
    const { headers, url } = this.#request
    return {
      cookies: headers.get('cookie') ?? undefined,
      header: header === undefined ? undefined : (headers.get(header) ?? undefined),
      isSecure: () => new URL(url).protocol === 'https:',
    }
  }

  async carry<Result>(exchange: Exchange, result: Result): Promise<Result> {
    await exchange.settle()
    if (result instanceof Response) return inSession(exchange, result, exchange.headers()) as Result
    exchange.end()
    if (this.#store !== undefined) await setIn(this.#store, exchange)
    return result
  }
}

/** Around a server action, or a page: there is no request to be had, only what `next/headers` tells of it. */
class StoreCarrier implements Carrier {
  readonly #store: Store

  constructor(store: Store | undefined) {
    this.#store = store ?? refuseWithoutStore()
  }

  async incoming({ cookie }: HttpConfig<never>): Promise<Incoming> {
    const [cookies, headers] = await Promise.all([this.#store.cookies(), this.#store.headers()])
    const token = cookie === undefined ? undefined : cookies.get(cookie.name)?.value
    return {
      cookies: token === undefined ? undefined : `${cookie?.name}=${token}`,
      header: undefined,
      // Next.js sets it itself where no proxy has.
      isSecure: () => headers.get('x-forwarded-proto')?.split(',')[0]?.trim() === 'https',
    }
  }

  async carry<Result>(exchange: Exchange, result: Result): Promise<Result> {
    await exchange.settle()
    exchange.end()
    await setIn(this.#store, exchange)
    return result
  }
}

interface Store {
  readonly cookies: () => Promise<NextCookies>
  readonly headers: () => Promise<NextHeaders>
}

async function setIn({ cookies }: Store, exchange: Exchange): Promise<void> {
  const carried = exchange.carried()
  if (carried?.cookie !== undefined)
    (await cookies()).set(carried.cookie.name, carried.token, carried.cookie.attributes)
}

function storeIn({ cookies, headers }: NextOptions): Store | undefined {
  const problems = new Problems()
  problems.callable('cookies', cookies)
  problems.callable('headers', headers)
  if (cookies !== undefined && headers === undefined) problems.add('headers', 'must be given where cookies is', headers)
  if (cookies === undefined && headers !== undefined) problems.add('cookies', 'must be given where headers is', cookies)
  problems.throwIfAny()
  return cookies === undefined || headers === undefined ? undefined : { cookies, headers }
}

function refuseWithoutStore(): never {
  const rule = "must be that of 'next/headers' around what is called without a request"
  throw new ConfigError([{ path: 'cookies', rule, found: 'nothing' }])
}

function isRequest(it: unknown): it is Request {
  const { url, headers } = (it ?? {}) as Partial<Request>
  return typeof url === 'string' && typeof headers?.get === 'function'
}
