import { currentSession, type Session, sessionFrom } from '../cluster/session.js'
import { attributesOf, type CookieAttributes, cookieText } from './cookie-text.js'
import type { HttpConfig } from './http-options.js'
import { type Brought, chooseToken, type TokenChoice } from './token-choice.js'

export interface Incoming extends Brought {
  /** Asked only when a cookie is set. */
  readonly isSecure: () => boolean
}

/** A header of the response, to be added to those of the same name. */
export type HeaderLine = readonly [name: string, value: string]

/** What the session of a request leaves for the next one. */
export interface Carried {
  readonly token: string
  readonly cookie: { readonly name: string; readonly attributes: CookieAttributes } | undefined
  readonly header: string | undefined
}

/** One request and its response, and the session that comes with the one and goes with the other. */
export class Exchange {
  readonly #session: Session
  readonly #config: HttpConfig<never>
  readonly #answerBy: TokenChoice['answerBy']
  readonly #isSecure: () => boolean
  #isAnswered = false

  constructor(config: HttpConfig<never>, shard: string | undefined, incoming: Incoming) {
    const { token, answerBy } = chooseToken(incoming, config)
    const { tokens, consistency, refusedToken } = config
    this.#session = sessionFrom(token, { tokens, consistency, refusedToken, shard })
    this.#config = config
    this.#answerBy = answerBy
    this.#isSecure = incoming.isSecure
  }

  /** Runs `fn`, without an argument, in the session. What runs in it already stays so, inside `withoutPin` say. */
  run<T>(fn: () => T): T {
    return currentSession() === this.#session ? fn() : this.#session.run(() => fn())
  }

  /** Waits until the position is known that `carried` tells: one round trip at most, none where nothing was asked. */
  async settle(): Promise<void> {
    if (!this.#isAnswered && this.#session.hasMoved) await this.#session.positions()
  }

  /**
   * What the response must bring: once, and only when the session must see more than it began with. A position that is
   * not known yet travels as unknown, and the next request asks.
   */
  carried(): Carried | undefined {
    if (this.#isAnswered) return undefined
    this.#isAnswered = true
    const token = this.#session.hasMoved ? this.#session.tokenNow(this.#config.tokens) : undefined
    if (token === undefined) return undefined
    const { cookie, header } = this.#config
    const isByCookie = this.#answerBy.cookie && cookie !== undefined
    return {
      token,
      cookie: isByCookie ? { name: cookie.name, attributes: attributesOf(cookie, this.#isSecure) } : undefined,
      header: this.#answerBy.header ? header : undefined,
    }
  }

  /** The same as headers. */
  headers(): readonly HeaderLine[] {
    const carried = this.carried()
    if (carried === undefined) return []
    const { token, cookie, header } = carried
    return [
      ...(cookie === undefined ? [] : [['set-cookie', cookieText(cookie.name, token, cookie.attributes)] as const]),
      ...(header === undefined ? [] : [[header, token] as const]),
    ]
  }

  /** The response is complete: pins without an end find theirs. */
  end(): void {
    this.#session.end()
  }
}

/** @returns `undefined`: this request is to be left alone. */
export function beginExchange<Request>(
  config: HttpConfig<Request>,
  request: Request,
  incoming: (config: HttpConfig<Request>) => Incoming,
): Exchange | undefined {
  if (config.isSkipped(request)) return undefined
  return new Exchange(config, config.shardOf(request), incoming(config))
}
