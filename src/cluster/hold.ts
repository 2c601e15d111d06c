import type { Clock, Timer } from '../base/clock.js'
import type { Publish } from '../model/events.js'

/** How often every node is asked while somebody waits for a primary. */
export const SEARCH_EVERY_MS = 100

/**
 * What a statement waits for: a `primary`; `any` node that serves; or the `next-round` of questions, where a node that is never
 * taken out of service refused it.
 */
export type WaitsFor = 'primary' | 'any' | 'next-round'

/** How a wait ended. */
export type Wait = 'over' | 'too-long' | 'too-many' | 'closed'

export interface HoldParts {
  readonly clock: Clock
  /** Most statements that wait at once. */
  readonly most: number
  readonly publish: Publish
  readonly isThere: (what: 'primary' | 'any', shard: string | undefined) => boolean
  /** Asks every node what it is; nobody waits for it. */
  readonly search: () => void
}

interface Waiter {
  readonly waitsFor: WaitsFor
  readonly untilMs: number
  readonly end: (how: Wait) => void
}

/** The statements of one shard that wait, in their order. */
interface Line {
  readonly sinceMs: number
  waiting: Waiter[]
  /** Of those that were let go: how many are not done yet, and how many may be at once. It grows with each that is. */
  underWay: number
  window: number
  total: number
}

/**
 * Holds what needs a primary while there is none, or while writes are paused, and lets it go in the order in which it came.
 *
 * Gently: a primary that has just been promoted has no connections of ours and cold caches, and every process does the same at
 * this moment. So one goes first, and each that is done makes room for two.
 */
export class Hold {
  readonly #parts: HoldParts
  readonly #lines = new Map<string | undefined, Line>()
  #isPaused = false
  #isClosed = false
  #timer: Timer | undefined

  constructor(parts: HoldParts) {
    this.#parts = parts
  }

  /** Asked for every statement that needs a primary. */
  get isIdle(): boolean {
    return this.#lines.size === 0 && !this.#isPaused
  }

  get isPaused(): boolean {
    return this.#isPaused
  }

  /** Statements that wait now. */
  get waiting(): number {
    let waiting = 0
    for (const line of this.#lines.values()) waiting += line.waiting.length
    return waiting
  }

  /** Whether others wait already: whoever comes now must not overtake them. */
  hasLine(shard: string | undefined): boolean {
    return (this.#lines.get(shard)?.waiting.length ?? 0) > 0
  }

  /** Settles when the statement's turn has come; whoever hears `over` must call `leave` when it is done, well or not. */
  enter(shard: string | undefined, waitsFor: WaitsFor, untilMs: number): Promise<Wait> {
    const { clock, most } = this.#parts
    if (this.#isClosed) return Promise.resolve('closed')
    if (clock.now() >= untilMs) return Promise.resolve('too-long')
    if (this.waiting >= most) return Promise.resolve('too-many')
    const line = this.#lineOf(shard)
    line.total++
    const wait = new Promise<Wait>((end) => line.waiting.push({ waitsFor, untilMs, end }))
    this.#letGo(shard, line)
    this.#startRounds()
    return wait
  }

  leave(shard: string | undefined): void {
    const line = this.#lines.get(shard)
    if (line === undefined) return
    line.underWay--
    line.window++
    this.#letGo(shard, line)
  }

  /** Something is known that was not before. */
  viewChanged(): void {
    if (this.#lines.size === 0) return
    for (const [shard, line] of this.#lines) this.#letGo(shard, line)
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    this.viewChanged()
  }

  close(): void {
    this.#isClosed = true
    this.#timer?.stop()
    for (const line of this.#lines.values()) for (const { end } of line.waiting.splice(0)) end('closed')
    this.#lines.clear()
  }

  #lineOf(shard: string | undefined): Line {
    const known = this.#lines.get(shard)
    if (known !== undefined) return known
    const line: Line = { sinceMs: this.#parts.clock.now(), waiting: [], underWay: 0, window: 1, total: 0 }
    this.#lines.set(shard, line)
    this.#parts.publish('writesHeld', { shard, because: this.#isPaused ? 'paused' : 'no-primary' })
    return line
  }

  #letGo(shard: string | undefined, line: Line): void {
    const { isThere, clock, publish } = this.#parts
    while (line.waiting.length > 0 && line.underWay < line.window && !this.#isPaused) {
      const next = line.waiting.findIndex((it) => it.waitsFor !== 'next-round' && isThere(it.waitsFor, shard))
      if (next < 0) break
      this.#release(line, next)
    }
    if (line.waiting.length > 0 || line.underWay > 0) return
    this.#lines.delete(shard)
    publish('writesReleased', { shard, count: line.total, heldMs: Math.round(clock.now() - line.sinceMs) })
  }

  #release(line: Line, index: number): void {
    const [waiter] = line.waiting.splice(index, 1)
    line.underWay++
    waiter?.end('over')
  }

  #startRounds(): void {
    if (this.#timer !== undefined || this.#lines.size === 0) return
    if (!this.#isPaused) this.#parts.search()
    this.#timer = this.#parts.clock.after(SEARCH_EVERY_MS, () => this.#round(), { waitedFor: true })
  }

  #round(): void {
    this.#timer = undefined
    const nowMs = this.#parts.clock.now()
    for (const [shard, line] of this.#lines) {
      for (const { end } of line.waiting.filter((it) => it.untilMs <= nowMs)) end('too-long')
      line.waiting = line.waiting.filter((it) => it.untilMs > nowMs)
      const again = line.waiting.findIndex((it) => it.waitsFor === 'next-round')
      if (again >= 0 && line.underWay < line.window && !this.#isPaused) this.#release(line, again)
      this.#letGo(shard, line)
    }
    this.#startRounds()
  }
}
