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

/** As they are when this is loaded: a test that stops the time of its own program must not stop the pool's. */
const { setTimeout, clearTimeout, setImmediate } = globalThis
const now = performance.now.bind(performance)

/** After the input that is there already. */
export const afterInput: (then: () => void) => void = (then) => void setImmediate(then)

export const systemClock: Clock = {
  now,
  after(ms, fire, options) {
    const timeout = setTimeout(fire, ms)
    if (options?.waitedFor !== true) timeout.unref()
    return { stop: () => clearTimeout(timeout) }
  },
}

/** For whoever waits: the process stays alive. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
