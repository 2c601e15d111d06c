import type { Clock, Timer } from '../base/clock.js'
import { AcquireTimeoutError } from '../base/errors.js'
import type { PrimaryReads } from '../model/config.js'

interface Waiter {
  readonly enter: () => void
  readonly timer: Timer
}

/**
 * How many reads may use the primary because no replica can serve them. Those over the limit wait their turn, in order:
 * a cluster that has lost its replicas must not lose its primary too.
 */
export class PrimaryReadBudget {
  readonly #limit: number
  readonly #clock: Clock
  readonly #waiting: Waiter[] = []
  #inUse = 0

  constructor(allowed: PrimaryReads, clock: Clock) {
    this.#limit = allowed === 'always' ? Number.POSITIVE_INFINITY : allowed === 'never' ? 0 : allowed.maxConcurrent
    this.#clock = clock
  }

  get isClosed(): boolean {
    return this.#limit === 0
  }

  get inUse(): number {
    return this.#inUse
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /** @throws {AcquireTimeoutError} after `waitMs` without a place. */
  enter(node: string, waitMs: number): Promise<void> {
    if (this.#inUse < this.#limit) {
      this.#inUse++
      return Promise.resolve()
    }
    return new Promise((resolve, reject) => {
      const giveUp = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1)
        const counts = `${this.#inUse} reads there of at most ${this.#limit}, ${this.#waiting.length} more waiting`
        reject(
          new AcquireTimeoutError(node, `no place for a read on ${node} within ${Math.round(waitMs)} ms (${counts})`),
        )
      }
      const waiter = { enter: resolve, timer: this.#clock.after(waitMs, giveUp, { waitedFor: true }) }
      this.#waiting.push(waiter)
    })
  }

  leave(): void {
    const next = this.#waiting.shift()
    if (next === undefined) {
      this.#inUse--
      return
    }
    next.timer.stop()
    next.enter()
  }
}
