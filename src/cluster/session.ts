import { AsyncLocalStorage } from 'node:async_hooks'
import { types } from 'node:util'
import { systemClock } from '../base/clock.js'
import type { Consistency } from '../model/consistency.js'
import type { TokenProblem } from '../model/token-problem.js'
import { isConsistency } from '../routing/consistency-level.js'
import type { ReadsPinnedTo } from '../routing/need.js'
import type { TokenEntry } from '../routing/session-token.js'
import { Pins } from './pins.js'
import { isTime, kindOf, refuse } from './session-checks.js'
import { type SessionGround, SessionPositions, type StoredPosition } from './session-positions.js'
import type { SessionTokens } from './session-tokens.js'

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
  /** From `session.token()`, perhaps of another process; `undefined`: none came. Not believed: see `tokenProblem`. */
  readonly token?: string | undefined
  /** Needed to read a token. */
  readonly tokens?: SessionTokens | undefined
  /**
   * What a token that is not believed means: nothing (`ignore`, the default), or that there may be a write of this user
   * that we know nothing of (`see-primary`): reads see at least what the primary shows when it is asked first.
   */
  readonly refusedToken?: 'ignore' | 'see-primary' | undefined
  /**
   * `primary`: reads see at least what the primary shows when it is asked first, since there may be a write of this user
   * that nothing here tells of.
   */
  readonly mustSee?: 'primary' | undefined
  /** What reads of this session may miss, where the call does not say. Default: what the pool says. */
  readonly consistency?: Consistency | undefined
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

const SYSTEM_CLOCKS: SessionClocks = { monotonic: systemClock.now, wall: () => Date.now() }

/** Where a piece of the program stands: in which session, and whether that looks at what holds it. */
interface Context {
  readonly session: Session
  readonly isFree: boolean
}

/** The one store of the library: each further one makes every `await` of the program slower. */
const contexts = new AsyncLocalStorage<Context>()

/**
 * The span in which a user must see their own writes: a request, a job. Made by `withSession` or `sessionFrom`.
 *
 * It knows what its reads must see: what it has written, and what it has seen; and where they must go, if the
 * application has pinned them. Pins end by themselves, so that a job left running in the background is not pinned for
 * ever.
 */
export class Session {
  /** What reads of this session may miss, where the call does not say; `undefined`: what the pool says. */
  readonly consistency: Consistency | undefined
  /** Chosen for all statements of the session that do not name one themselves. */
  readonly shard: string | undefined
  /** Why the token that the session was begun with was not believed: the session began with nothing. */
  readonly tokenProblem: TokenProblem | undefined
  readonly #clocks: SessionClocks
  readonly #pins = new Pins()
  readonly #positions: SessionPositions
  #isOver = false

  /** @internal Use `withSession`. @throws {ConfigError} */
  constructor(start: SessionStart = {}, clocks: SessionClocks = SYSTEM_CLOCKS) {
    checkStart(start)
    this.consistency = start.consistency
    this.shard = start.shard
    this.#clocks = clocks
    const { token, tokens } = start
    const read = token === undefined ? [] : (tokens?.read(token, clocks.wall()) ?? [])
    this.tokenProblem = typeof read === 'string' ? read : undefined
    const isBlind = this.tokenProblem !== undefined && start.refusedToken === 'see-primary'
    this.#positions = new SessionPositions(isBlind || start.mustSee === 'primary' ? 'unknown' : undefined)
    if (typeof read !== 'string') for (const entry of read) this.#adopt(entry, tokens?.maxAgeMs ?? 0)
  }

  /**
   * Runs `fn` in this session: each pool sees it, through any depth of calls and awaits. May be called again, for the
   * next message of a connection, say; calls that overlap share what they write.
   */
  run<T>(fn: (session: Session) => T): T {
    return contexts.run({ session: this, isFree: false }, fn, this)
  }

  /**
   * Sends this session's reads to the primary, or to one node, until the time is over, `unpin` is called, or, without a
   * time, the session's callback has settled. It takes the place of an earlier pin, not of the stickiness after a write:
   * that goes on beneath it. A pin for one cluster counts more than one for all.
   *
   * A node is one of one cluster: name that too where the program has several. Reads that are pinned to a node show what
   * it shows.
   *
   * @throws {ConfigError} no such target, or no such time.
   */
  pin(to: PinTarget, options: PinOptions = {}): void {
    checkPin(to, options)
    const { ttlMs, clusterId } = options
    // A pin without an end belongs to the callback. That is over: nobody would ever end it.
    if (ttlMs === undefined && this.#isOver) return
    const untilMs = ttlMs === undefined ? Number.POSITIVE_INFINITY : this.#clocks.monotonic() + ttlMs
    this.#pins.pin(to, untilMs, clusterId)
  }

  /** Ends pins on one cluster, or on all, and the stickiness after a write. What the session must see, it must still see. */
  unpin(clusterId?: string): void {
    this.#pins.unpin(clusterId)
  }

  /**
   * Runs `fn` as if nothing held the session: reads inside may miss what it wrote, and writes inside hold nothing later.
   *
   * For what `fn` does and starts, also later and asynchronously; for nothing else that runs at the same time.
   */
  withoutPin<T>(fn: () => T): T {
    return contexts.run({ session: this, isFree: true }, fn)
  }

  /**
   * What this session must see, and what pins it, as text for a cookie, a header or a job; `undefined`: nothing.
   *
   * Waits for the positions of its writes that are not known yet: one round trip to the primary at most. Where it cannot
   * be learnt, the token says so, and the next session asks. Pins that last as long as the callback are not in it.
   */
  async token(tokens: SessionTokens): Promise<string | undefined> {
    await this.#positions.settle()
    return this.tokenNow(tokens)
  }

  /** The same without waiting: what is not known yet, the session that is begun with it asks for. */
  tokenNow(tokens: SessionTokens): string | undefined {
    const wallAheadMs = this.#clocks.wall() - this.#clocks.monotonic()
    const latestMs = this.#clocks.wall() + tokens.maxAgeMs
    const pins = this.#pins.portable(this.#clocks.monotonic())
    const entries: readonly TokenEntry[] = [
      ...pins.map((pin) => ({ ...pin, untilMs: Math.min(pin.untilMs + wallAheadMs, latestMs) })),
      ...this.#positions.portable().map((it) => ({ ...it, untilMs: latestMs })),
    ]
    return entries.length === 0 ? undefined : tokens.sign(entries)
  }

  /** Whether the session must see more than it was begun with, or may have to. Its pins do not count. */
  get hasMoved(): boolean {
    return this.#positions.hasMoved
  }

  /** What the session must see, for a store of your own. Waits as `token` does. */
  async positions(): Promise<readonly StoredPosition[]> {
    await this.#settleForStore()
    return this.#positions.stored()
  }

  /** Of its positions, those that it did not begin with, or may not have. Waits as `token` does. */
  async news(): Promise<readonly StoredPosition[]> {
    await this.#settleForStore()
    return this.#positions.moved()
  }

  /** A store keeps positions only: nothing in it tells that the primary may not show one yet. */
  async #settleForStore(): Promise<void> {
    await Promise.all([this.#positions.settle(), this.#positions.settleSeen()])
  }

  /** It must see these too: of another device of the same user, say. What it must see already stays. */
  mustSee(positions: readonly StoredPosition[]): void {
    for (const { clusterId, shard, position } of positions) this.#positions.adopt(clusterId, shard, position)
  }

  /** @internal Whether `pinFor` could say anything: spares the others a look at the clock. */
  get hasPins(): boolean {
    return this.#pins.isUsed
  }

  /** @internal Where reads on this cluster must go now. Asked for every read: nothing is made. */
  pinFor(clusterId: string, nowMs: number): ReadsPinnedTo | undefined {
    const pin = this.#pins.for(clusterId, nowMs)
    return pin === undefined || isFree() ? undefined : pin
  }

  /** @internal A write has ended, well or not: for so long, reads stay on the primary. */
  holdAfterWrite(clusterId: string, ttlMs: number, nowMs: number): void {
    if (!isFree()) this.#pins.holdAfterWrite(clusterId, nowMs + ttlMs)
  }

  /** @internal What it stands on in this shard of this cluster; `undefined` inside `withoutPin`. */
  groundIn<Ground extends SessionGround>(
    clusterId: string,
    shard: string | undefined,
    make: (shard: string | undefined, session: Session) => Ground,
  ): Ground | undefined {
    return isFree() ? undefined : this.#positions.groundIn(clusterId, shard, this, make)
  }

  /** @internal The shards of this cluster in which it must see something. */
  shardsIn(clusterId: string): readonly (string | undefined)[] {
    return this.#positions.stored().flatMap((it) => (it.clusterId === clusterId ? [it.shard] : []))
  }

  /** @internal The callback that the session was made for has settled: pins without an end find theirs. */
  end(): void {
    this.#isOver = true
    this.#pins.endWithCallback()
  }

  #adopt(entry: TokenEntry, maxAgeMs: number): void {
    if (entry.kind !== 'pin') {
      const { clusterId, shard, position } = entry
      if (entry.kind === 'seen') this.#positions.adoptSeen(clusterId, shard, position)
      else this.#positions.adopt(clusterId, shard, position)
      return
    }
    const leftMs = Math.min(entry.untilMs - this.#clocks.wall(), maxAgeMs)
    this.#pins.adopt({ ...entry, untilMs: this.#clocks.monotonic() + leftMs })
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
  let result: T
  try {
    result = session.run(fn)
  } catch (error) {
    session.end()
    throw error
  }
  return endWith(result, () => session.end())
}

/** Only with a real promise: asking anything else for its end might start a query a second time. */
function endWith<T>(result: T, end: () => void): T {
  if (!types.isPromise(result)) {
    end()
    return result
  }
  // A promise of its own kind is given back as it is; of a plain one, the end is a part, so that a rejection that nobody
  // handles is still one.
  if (result.constructor === Promise) return settledBy(result, end) as T
  result.then(end, end)
  return result
}

/** As `finally`, which makes three promises more: this is a part of every request. */
function settledBy<T>(promise: Promise<T>, end: () => void): Promise<T> {
  return promise.then(
    (value) => {
      end()
      return value
    },
    (error: unknown) => {
      end()
      throw error
    },
  )
}

/**
 * The session that a token describes, for what is no single callback: a websocket, a queue. Its `run` may be called as
 * often as needed; pin with a time, since nothing says when it is over.
 *
 * @throws {ConfigError} as `withSession`.
 */
export function sessionFrom(token: string | undefined, start: Omit<SessionStart, 'token'>): Session {
  return new Session({ ...start, token })
}

/** The session that the caller runs in; `undefined` outside of any. */
export function currentSession(): Session | undefined {
  return contexts.getStore()?.session
}

function isFree(): boolean {
  return contexts.getStore()?.isFree === true
}

function checkStart({ token, tokens, shard, consistency }: SessionStart): void {
  if (token !== undefined && tokens === undefined) refuse('tokens', 'must be given where a token is', 'none')
  if (shard !== undefined && (typeof shard !== 'string' || shard === '')) {
    refuse('shard', 'must be a text, not empty', kindOf(shard))
  }
  if (consistency !== undefined && !isConsistency(consistency)) {
    const rule = "must be 'eventual', 'session', 'strong', or { maxLagMs, maxLagBytes }"
    refuse('consistency', rule, typeof consistency === 'string' ? `'${consistency}'` : kindOf(consistency))
  }
}

function checkPin(to: unknown, { ttlMs }: PinOptions): void {
  const node = (to as { node?: unknown } | null | undefined)?.node
  if (to !== 'primary' && (typeof node !== 'string' || node === '')) {
    refuse('pin', "must be 'primary' or { node: 'its name' }", typeof to === 'string' ? `'${to}'` : kindOf(to))
  }
  if (ttlMs !== undefined && !isTime(ttlMs)) refuse('ttlMs', 'must be a number above 0', String(ttlMs))
}
