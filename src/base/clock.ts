/** A timer that can be stopped. Stopping twice, or after it fired, does nothing. */
export interface Timer {
  stop(): void
}

/** Time as the rest of Sluice sees it. Handed in, so that the pure floors are tested without waiting. */
export interface Clock {
  /** Milliseconds on a monotonic scale with an arbitrary zero. */
  now(): number
  /** Calls `fire` once after `ms`. The timer never keeps the process alive. */
  after(ms: number, fire: () => void): Timer
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, fire) {
    const timeout = setTimeout(fire, ms)
    timeout.unref()
    return { stop: () => clearTimeout(timeout) }
  },
}
