import { AsyncLocalStorage } from 'node:async_hooks'
import { types } from 'node:util'
import { ConfigError } from '../base/errors.js'
import type { ReadsPinnedTo } from '../routing/need.js'
import { readToken, signToken, type TokenPin, type TokenProblem } from '../routing/session-token.js'

/** Where a session's reads go, as the application wishes: the primary, or a node by its name. */
export type PinTarget = 'primary' | { readonly node: string }

export interface PinOptions {
  /** How long, in milliseconds. Default: as long as the session's callback runs. */
  readonly ttlMs?: number
  /** The `id` of the pool that is meant. Default: every pool that the session meets. */
  readonly clusterId?: string
}

/** What a session may begin with. */
export interface SessionStart {
  /** From `session.toToken()`, perhaps of another process; `undefined`: none came. Not believed: see `tokenProblem`. */
  readonly token?: string | undefined
  /** Needed to read a token. */
  readonly tokens?: SessionTokens | undefined
  /** The shard of all statements of the session that do not name one themselves. */
  readonly shard?: string | undefined
}

/** Both clocks that a session needs: one to measure with, one to write into tokens. */
export interface SessionClocks {
  /** Milliseconds on the clusters' own scale, which never jumps. */
  readonly monotonic: () => number
  /** Milliseconds since 1970. */
  readonly wall: () => number
}

const SYSTEM_CLOCKS: SessionClocks = { monotonic: () => performance.now(), wall: () => Date.now() }

interface Pin extends ReadsPinnedTo {
  /** `Infinity`: until the session's callback has settled. */
  readonly untilMs: number
}

/** What the session holds of one cluster. */
interface Held {
  pin: Pin | undefined
  /** Unpinned by name: pins for every cluster do not count here. */
  isExempt: boolean
  wroteUntilMs: number
}

const WROTE: ReadsPinnedTo = { to: 'primary', because: 'wrote' }

/** Where a piece of the program stands: in which session, and whether that looks at its pins. */
interface Context {
  readonly session: Session
  readonly ignoresPins: boolean
}

/** The one store of the library: each further one makes every `await` of the program slower. */
const contexts = new AsyncLocalStorage<Context>()

/**
 * The span in which a user must see their own writes: a request, a job. Made by `withSession`.
 *
 * It knows where its reads must go: to the primary for a while after a write, or where the application has pinned them.
 * Everything it holds ends by itself, so that a job left running in the background is not pinned for ever.
 */
export class Session {
  /** Chosen for all statements of the session that do not name one themselves. */
  readonly shard: string | undefined
  /** Why the token that the session was begun with was not believed: the session began unpinned. */
  readonly tokenProblem: TokenProblem | undefined
  readonly #clocks: SessionClocks
  readonly #held = new Map<string, Held>()
  #everywhere: Pin | undefined
  #isOver = false

  /** @internal Use `withSession`. @throws {ConfigError} */
  constructor(start: SessionStart = {}, clocks: SessionClocks = SYSTEM_CLOCKS) {
    checkStart(start)
    this.shard = start.shard
    this.#clocks = clocks
    if (start.token === undefined || start.tokens === undefined) return
    const read = start.tokens.read(start.token, clocks.wall())
    if (typeof read === 'string') this.tokenProblem = read
    else for (const pin of read) this.#adopt(pin, start.tokens.maxAgeMs)
  }

  /**
   * Sends this session's reads to the primary, or to one node, until the time is over, `unpin` is called, or, without a
   * time, the session's callback has settled. It takes the place of an earlier pin, not of the stickiness after a write:
   * that goes on beneath it. A pin for one cluster counts more than one for all.
   *
   * A node is one of one cluster: name that too where the program has several.
   *
   * @throws {ConfigError} no such target, or no such time.
   */
  pin(to: PinTarget, options: PinOptions = {}): void {
    checkPin(to, options)
    const { ttlMs, clusterId } = options
    // A pin without an end belongs to the callback. That is over: nobody would ever end it.
    if (ttlMs === undefined && this.#isOver) return
    const untilMs = ttlMs === undefined ? Number.POSITIVE_INFINITY : this.#clocks.monotonic() + ttlMs
    const pin: Pin = { to, because: 'pinned', untilMs }
    if (clusterId !== undefined) this.#of(clusterId).pin = pin
    else {
      this.#everywhere = pin
      for (const held of this.#held.values()) held.isExempt = false
    }
  }

  /** Ends what holds the reads on one cluster, or on all: pins, and the stickiness after a write. */
  unpin(clusterId?: string): void {
    if (clusterId === undefined) {
      this.#held.clear()
      this.#everywhere = undefined
    } else {
      this.#held.set(clusterId, { pin: undefined, isExempt: true, wroteUntilMs: Number.NEGATIVE_INFINITY })
    }
  }

  /**
   * Runs `fn` as if nothing held the session: reads inside go to replicas, and writes inside hold nothing back later.
   *
   * For what `fn` does and starts, also later and asynchronously; for nothing else that runs at the same time.
   */
  withoutPin<T>(fn: () => T): T {
    return contexts.run({ session: this, ignoresPins: true }, fn)
  }

  /**
   * What holds this session's reads, as text for a cookie, a header or a job; `undefined`: nothing does. Time goes on
   * while it travels. Pins that last as long as the callback are not in it.
   */
  toToken(tokens: SessionTokens): string | undefined {
    const pins: TokenPin[] = []
    const add = (cluster: string | undefined, { to, because }: ReadsPinnedTo, untilMs: number) => {
      const leftMs = untilMs - this.#clocks.monotonic()
      if (!(leftMs > 0 && leftMs < Number.POSITIVE_INFINITY)) return
      pins.push({ cluster, to, because, untilMs: this.#clocks.wall() + Math.min(leftMs, tokens.maxAgeMs) })
    }
    if (this.#everywhere !== undefined) add(undefined, this.#everywhere, this.#everywhere.untilMs)
    for (const [cluster, { pin, wroteUntilMs }] of this.#held) {
      if (pin !== undefined) add(cluster, pin, pin.untilMs)
      add(cluster, WROTE, wroteUntilMs)
    }
    return pins.length === 0 ? undefined : tokens.sign(pins)
  }

  /** @internal Where reads on this cluster must go now. Asked for every read: nothing is made. */
  pinFor(clusterId: string, nowMs: number): ReadsPinnedTo | undefined {
    const held = this.#held.get(clusterId)
    const everywhere = this.#everywhere
    if (held === undefined) {
      if (everywhere === undefined || everywhere.untilMs <= nowMs || ignoresPins()) return undefined
      return everywhere
    }
    if (ignoresPins()) return undefined
    if (held.pin !== undefined && held.pin.untilMs > nowMs) return held.pin
    if (everywhere !== undefined && !held.isExempt && everywhere.untilMs > nowMs) return everywhere
    return held.wroteUntilMs > nowMs ? WROTE : undefined
  }

  /** @internal A write has ended, well or not. A shorter time never shortens a longer one. */
  noteWrite(clusterId: string, ttlMs: number, nowMs: number): void {
    if (ignoresPins()) return
    const held = this.#of(clusterId)
    held.wroteUntilMs = Math.max(held.wroteUntilMs, nowMs + ttlMs)
  }

  /** @internal The callback that the session was made for has settled: pins without an end find theirs. */
  end(): void {
    this.#isOver = true
    if (this.#everywhere?.untilMs === Number.POSITIVE_INFINITY) this.#everywhere = undefined
    for (const held of this.#held.values()) {
      if (held.pin?.untilMs === Number.POSITIVE_INFINITY) held.pin = undefined
    }
  }

  #of(clusterId: string): Held {
    let held = this.#held.get(clusterId)
    if (held === undefined) {
      held = { pin: undefined, isExempt: false, wroteUntilMs: Number.NEGATIVE_INFINITY }
      this.#held.set(clusterId, held)
    }
    return held
  }

  #adopt({ cluster, to, because, untilMs }: TokenPin, maxAgeMs: number): void {
    const leftMs = Math.min(untilMs - this.#clocks.wall(), maxAgeMs)
    const pin: Pin = { to, because, untilMs: this.#clocks.monotonic() + leftMs }
    if (cluster === undefined) this.#everywhere = pin
    else if (because === 'wrote') this.#of(cluster).wroteUntilMs = pin.untilMs
    else this.#of(cluster).pin = pin
  }
}

/**
 * Runs `fn` in a session of its own: each pool sees it, through any depth of calls and awaits. It ends when the promise
 * that `fn` returns has settled, or when it returns anything else.
 *
 * Return a promise, not a query that starts when somebody awaits it: that would be after the session.
 *
 * @throws {ConfigError} a token without `tokens` to read it. What is wrong with the token itself is never an error.
 */
export function withSession<T>(fn: (session: Session) => T): T
export function withSession<T>(start: SessionStart, fn: (session: Session) => T): T
export function withSession<T>(...args: [(session: Session) => T] | [SessionStart, (session: Session) => T]): T {
  const fn = args.length === 1 ? args[0] : args[1]
  const session = new Session(args.length === 1 ? {} : args[0])
  const end = () => session.end()
  let result: T | undefined
  try {
    result = contexts.run({ session, ignoresPins: false }, fn, session)
    return result
  } finally {
    // Only a real promise: asking anything else for its end might start a query a second time.
    if (types.isPromise(result)) result.then(end, end)
    else end()
  }
}

/** The session that the caller runs in; `undefined` outside of any. */
export function currentSession(): Session | undefined {
  return contexts.getStore()?.session
}

/** Signs and reads tokens. Make one with `sessionTokens` and keep it. */
export interface SessionTokens {
  readonly maxAgeMs: number
  sign(pins: readonly TokenPin[]): string
  read(text: string, wallMs: number): readonly TokenPin[] | TokenProblem
}

export interface SessionTokensOptions {
  /** Secret texts of at least 16 bytes. The first signs, all are believed: to change the key, put the new one in front. */
  readonly keys: readonly string[]
  /** No token holds a session for longer, in milliseconds. Default one hour, longer than any sensible `sticky.ttlMs`. */
  readonly maxAgeMs?: number
}

/** HMAC is worth no more than its key. */
const SHORTEST_KEY_BYTES = 16
const DEFAULT_MAX_AGE_MS = 3_600_000

/** @throws {ConfigError} no key, a key that is too short, or a time that is none. */
export function sessionTokens({ keys, maxAgeMs = DEFAULT_MAX_AGE_MS }: SessionTokensOptions): SessionTokens {
  if (!Array.isArray(keys) || keys.length === 0) refuse('keys', 'must be a list of at least one key', kindOf(keys))
  for (const [i, key] of keys.entries()) {
    const bytes = typeof key === 'string' ? Buffer.byteLength(key) : undefined
    if (bytes !== undefined && bytes >= SHORTEST_KEY_BYTES) continue
    const found = bytes === undefined ? kindOf(key) : `${bytes} bytes`
    refuse(`keys[${i}]`, `must be a text of at least ${SHORTEST_KEY_BYTES} bytes`, found)
  }
  if (!isTime(maxAgeMs)) refuse('maxAgeMs', 'must be a number above 0', String(maxAgeMs))
  const own = [...keys]
  return {
    maxAgeMs,
    sign: (pins) => signToken(pins, own),
    read: (text, wallMs) => readToken(text, own, wallMs),
  }
}

function ignoresPins(): boolean {
  return contexts.getStore()?.ignoresPins === true
}

function checkStart({ token, tokens, shard }: SessionStart): void {
  if (token !== undefined && tokens === undefined) refuse('tokens', 'must be given where a token is', 'none')
  if (shard !== undefined && (typeof shard !== 'string' || shard === '')) {
    refuse('shard', 'must be a text, not empty', kindOf(shard))
  }
}

function checkPin(to: unknown, { ttlMs }: PinOptions): void {
  const node = (to as { node?: unknown } | null | undefined)?.node
  if (to !== 'primary' && (typeof node !== 'string' || node === '')) {
    refuse('pin', "must be 'primary' or { node: 'its name' }", typeof to === 'string' ? `'${to}'` : kindOf(to))
  }
  if (ttlMs !== undefined && !isTime(ttlMs)) refuse('ttlMs', 'must be a number above 0', String(ttlMs))
}

function isTime(ms: unknown): ms is number {
  return typeof ms === 'number' && Number.isFinite(ms) && ms > 0
}

function kindOf(value: unknown): string {
  return value === '' ? 'an empty text' : Array.isArray(value) ? `a list of ${value.length}` : typeof value
}

function refuse(path: string, rule: string, found: string): never {
  throw new ConfigError([{ path, rule, found }])
}
