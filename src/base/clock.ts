/** A timer that can be stopped. Stopping twice, or after it fired, does nothing. */
export interface Timer {
  stop(): void
}

/** Time as the rest of Sluice sees it. Handed in, so that the pure floors are tested without waiting. */
export interface Clock {
  /** Milliseconds on a monotonic scale with an arbitrary zero. */
  now(): number
  /** Calls `fire` once after `ms`. The timer keeps the process alive only if a caller waits for it: `waitedFor`. */
  after(ms: number, fire: () => void, options?: { readonly waitedFor: boolean }): Timer
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, fire, options) {
    const timeout = setTimeout(fire, ms)
    if (options?.waitedFor !== true) timeout.unref()
    return { stop: () => clearTimeout(timeout) }
  },
}
