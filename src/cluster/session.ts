import { AsyncLocalStorage } from 'node:async_hooks'
import { ConfigError } from '../base/errors.js'
import type { ReadsPinnedTo } from '../routing/need.js'
import { readToken, signToken, type TokenPin, type TokenProblem } from '../routing/session-token.js'

/** Every cluster that the session meets. */
const EVERY = '*'

interface Pin extends ReadsPinnedTo {
  /** On the monotonic clock; `Infinity`: as long as the session's own callback runs. */
  readonly untilMs: number
}

export interface PinOptions {
  /** How long; as long as the session's callback runs if not given. */
  readonly ttlMs?: number
  /** The `id` of the pool that is meant; all of them if not given. */
  readonly clusterId?: string
}

/** Where a context stands: which session, and whether it looks at its pins. */
interface Context {
  readonly session: Session
  readonly ignoresPins: boolean
}

/** The one store of the library: each further one makes every `await` of the program slower. */
const contexts = new AsyncLocalStorage<Context>()

/**
 * The span in which a user must see their own writes: a request, a job.
 *
 * Knows where its reads must go, by cluster. A pin ends by itself: after its time, or, without one, with the callback
 * that the session was made for; a job left running in the background cannot stay pinned for ever.
 */
export class Session {
  /** Chosen for all statements of the session that do not choose one themselves. */
  readonly shard: string | undefined
  /** Why the token that the session was begun with was not believed. */
  readonly tokenProblem: TokenProblem | undefined
  readonly #pins = new Map<string, Pin>()
  #isOver = false

  constructor(start?: { readonly shard?: string; readonly token?: string; readonly tokens?: SessionTokens }) {
    this.shard = start?.shard
    if (start?.token === undefined || start.tokens === undefined) return
    const read = start.tokens.read(start.token)
    if (typeof read === 'string') this.tokenProblem = read
    else for (const pin of read) this.#adopt(pin)
  }

  /** Reads of this session go to the primary, or to a node by name, until the pin ends or `unpin` is called. */
  pin(to: 'primary' | { readonly node: string }, options?: PinOptions): void {
    const untilMs = options?.ttlMs === undefined ? Number.POSITIVE_INFINITY : performance.now() + options.ttlMs
    this.#pins.set(options?.clusterId ?? EVERY, { to, because: 'pinned', untilMs })
  }

  /** Ends the pins of one cluster, or all. */
  unpin(clusterId?: string): void {
    if (clusterId === undefined) this.#pins.clear()
    else this.#pins.delete(clusterId)
  }

  /** Runs `fn` as if nothing were pinned, and so that its writes pin nothing: for it alone, not for the session. */
  withoutPin<T>(fn: () => T): T {
    return contexts.run({ session: this, ignoresPins: true }, fn)
  }

  /** The pins as portable text, for a cookie, a header or a job. Time runs on while it travels. */
  toToken(tokens: SessionTokens): string {
    const ago = Date.now() - performance.now()
    const pins: TokenPin[] = []
    for (const [cluster, pin] of this.#pins) {
      const remains = pin.untilMs === Number.POSITIVE_INFINITY || pin.untilMs > performance.now()
      if (!remains) continue
      const until = Math.min(pin.untilMs + ago, Date.now() + tokens.maxAgeMs)
      pins.push({
        cluster,
        to: pin.to === 'primary' ? 'primary' : `=${pin.to.node}`,
        because: pin.because,
        untilMs: until,
      })
    }
    return tokens.sign(pins)
  }

  /** @internal Where reads on this cluster must go now. */
  pinFor(clusterId: string, nowMs: number): ReadsPinnedTo | undefined {
    if (this.#pins.size === 0 || contexts.getStore()?.ignoresPins === true) return undefined
    return this.#valid(clusterId, nowMs) ?? this.#valid(EVERY, nowMs)
  }

  /** @internal A write has ended. A shorter time never shortens a longer one, nor does it weaken a pin. */
  noteWrite(clusterId: string, ttlMs: number, nowMs: number): void {
    if (contexts.getStore()?.ignoresPins === true) return
    const before = this.#pins.get(clusterId)
    if (before !== undefined && before.untilMs >= nowMs + ttlMs) return
    this.#pins.set(clusterId, { to: 'primary', because: 'wrote', untilMs: nowMs + ttlMs })
  }

  /** @internal The callback that the session was made for has settled. */
  end(): void {
    this.#isOver = true
  }

  #valid(key: string, nowMs: number): Pin | undefined {
    const pin = this.#pins.get(key)
    if (pin === undefined) return undefined
    if (pin.untilMs > nowMs && !(this.#isOver && pin.untilMs === Number.POSITIVE_INFINITY)) return pin
    this.#pins.delete(key)
    return undefined
  }

  #adopt({ cluster, to, because, untilMs }: TokenPin): void {
    const ago = Date.now() - performance.now()
    const target = to === 'primary' ? 'primary' : { node: to.slice(1) }
    this.#pins.set(cluster, { to: target, because, untilMs: untilMs - ago })
  }
}

/** What a session may begin with. */
export interface SessionStart {
  /** From `session.toToken()`, perhaps of another process. Believed only with `tokens`, and never an error. */
  readonly token?: string
  readonly tokens?: SessionTokens
  readonly shard?: string
}

/** Runs `fn` in a session of its own. Every pool sees it, through any depth of calls and awaits. */
export function withSession<T>(fn: (session: Session) => T): T
export function withSession<T>(start: SessionStart, fn: (session: Session) => T): T
export function withSession<T>(...args: [(session: Session) => T] | [SessionStart, (session: Session) => T]): T {
  const fn = args.length === 1 ? args[0] : args[1]
  const session = new Session(args.length === 1 ? undefined : args[0])
  const result = contexts.run({ session, ignoresPins: false }, fn, session)
  if (result instanceof Promise) {
    const end = () => session.end()
    result.then(end, end)
  } else session.end()
  return result
}

/** The session that the caller runs in, if any. */
export function currentSession(): Session | undefined {
  return contexts.getStore()?.session
}

/** Signs and reads tokens. Make one for the program and keep it. */
export interface SessionTokens {
  readonly maxAgeMs: number
  sign(pins: readonly TokenPin[]): string
  read(text: string): readonly TokenPin[] | TokenProblem
}

/** HMAC needs a key that cannot be guessed. */
const SHORTEST_KEY = 16

/**
 * @param options.keys the first signs and all are believed: to change the key, put the new one in front.
 * @param options.maxAgeMs no token binds for longer; default one minute.
 * @throws {ConfigError} no key, or one shorter than 16 characters.
 */
export function sessionTokens(options: {
  readonly keys: readonly string[]
  readonly maxAgeMs?: number
}): SessionTokens {
  const { keys, maxAgeMs = 60_000 } = options
  if (keys.length === 0) throw new ConfigError([{ path: 'keys', rule: 'needs at least one key', found: 'none' }])
  const short = keys.findIndex((key) => key.length < SHORTEST_KEY)
  if (short >= 0) {
    const found = `${keys[short]?.length} characters`
    throw new ConfigError([{ path: `keys[${short}]`, rule: `at least ${SHORTEST_KEY} characters`, found }])
  }
  return {
    maxAgeMs,
    sign: (pins) => signToken(pins, keys),
    read: (text) => readToken(text, keys, Date.now()),
  }
}
