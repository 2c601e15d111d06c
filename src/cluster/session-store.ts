import { channel } from 'node:diagnostics_channel'
import { type Clock, systemClock } from '../base/clock.js'
import { type Session, type SessionStart, withSession } from './session.js'
import { isTime, kindOf, refuse } from './session-checks.js'
import type { StoredPosition } from './session-positions.js'

/** Keeps what a user must see, so that the user's other devices see it too. `memoryStore`, `redisStore`, or your own. */
export interface SessionStore {
  /** What a session of this key must see. Empty: nothing is known. */
  load(key: string): Promise<readonly StoredPosition[]>
  /**
   * A session of this key must see these too. It may only add, for each cluster and shard by itself, whoever else does so
   * at the same time: a later timeline wins, then the greater LSN; a position of another system takes the place of what
   * is there. `unknown` is kept beside the position: nobody can say that one covers it.
   */
  raise(key: string, positions: readonly StoredPosition[]): Promise<void>
}

/** The store did not do what it should, or not in time. Published on the diagnostics channel `sluice:storeFailed`. */
export interface StoreFailure {
  readonly during: 'load' | 'raise'
  readonly error: Error
}

export interface StoredSessionStart extends SessionStart {
  readonly store: SessionStore
  /** Whose session it is: the user, as a rule. */
  readonly key: string
  /**
   * What a session means that could not be loaded: that there may be a write of this user that we know nothing of
   * (`see-primary`, the default: in doubt, be right), or nothing (`ignore`). See `SessionStart.mustSee`.
   */
  readonly whenStoreFails?: 'see-primary' | 'ignore'
  /** How long to wait for the store, in milliseconds; once at the beginning, once at each saving. Default 100. */
  readonly timeoutMs?: number
}

/** Saves what the session must see by now, before its end: so that an answer goes out after that, say. Never rejects. */
export type SaveSession = () => Promise<void>

/**
 * `withSession` for all devices of a user: the session must see what the user's sessions anywhere have saved, and when
 * `fn` has settled, well or not, what it must see itself is saved, before the result is passed on.
 *
 * A store that is down or slow never fails the caller: see `whenStoreFails`.
 *
 * @throws {ConfigError} as `withSession`, and for a time that is none or a key that is no text.
 */
export async function withStoredSession<T>(
  start: StoredSessionStart,
  fn: (session: Session, save: SaveSession) => T | Promise<T>,
): Promise<T> {
  checkStart(start)
  const { key, timeoutMs = DEFAULT_TIMEOUT_MS } = start
  const store = new PatientStore(start.store, timeoutMs, systemClock)
  const stored = await store.load(key)
  const isBlind = stored === undefined && start.whenStoreFails !== 'ignore'
  return withSession(isBlind ? { ...start, mustSee: 'primary' } : start, async (session) => {
    session.mustSee(stored ?? [])
    const save = async () => {
      const news = await session.news()
      if (news.length > 0) await store.raise(key, news)
    }
    try {
      return await fn(session, save)
    } finally {
      await save()
    }
  })
}

/** A request may bear so much; a store in the same data centre answers in a hundredth of it. */
const DEFAULT_TIMEOUT_MS = 100

const FAILED = channel('sluice:storeFailed')

/** A store that is waited for only so long, and whose failures are told rather than thrown. */
class PatientStore {
  readonly #store: SessionStore
  readonly #timeoutMs: number
  readonly #clock: Clock

  constructor(store: SessionStore, timeoutMs: number, clock: Clock) {
    this.#store = store
    this.#timeoutMs = timeoutMs
    this.#clock = clock
  }

  /** `undefined`: it could not be learnt. */
  load(key: string): Promise<readonly StoredPosition[] | undefined> {
    return this.#try('load', async () => this.#store.load(key))
  }

  /** What comes too late is not undone: it only adds. */
  async raise(key: string, positions: readonly StoredPosition[]): Promise<void> {
    await this.#try('raise', async () => this.#store.raise(key, positions))
  }

  #try<T>(during: StoreFailure['during'], ask: () => Promise<T>): Promise<T | undefined> {
    return new Promise((resolve) => {
      const fail = (error: Error) => {
        timer.stop()
        if (FAILED.hasSubscribers) FAILED.publish({ during, error } satisfies StoreFailure)
        resolve(undefined)
      }
      const late = () => fail(new Error(`the session store did not answer within ${this.#timeoutMs} ms (${during})`))
      const timer = this.#clock.after(this.#timeoutMs, late, { waitedFor: true })
      ask().then((result) => {
        timer.stop()
        resolve(result)
      }, fail)
    })
  }
}

function checkStart({ key, timeoutMs, whenStoreFails }: StoredSessionStart): void {
  if (typeof key !== 'string' || key === '') refuse('key', 'must be a text, not empty', kindOf(key))
  if (timeoutMs !== undefined && !isTime(timeoutMs)) refuse('timeoutMs', 'must be a number above 0', String(timeoutMs))
  if (whenStoreFails !== undefined && whenStoreFails !== 'see-primary' && whenStoreFails !== 'ignore') {
    refuse('whenStoreFails', "must be 'see-primary' or 'ignore'", kindOf(whenStoreFails))
  }
}
