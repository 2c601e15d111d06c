import type { Clock, Timer } from '../base/clock.js'

const STEPS = 10

/** The slow start of one node: it gets a tenth of its share at first, then more, step by step. */
export class WarmUp {
  readonly #clock: Clock
  readonly #takesMs: number
  readonly #changed: () => void
  #sinceMs: number | undefined
  #timer: Timer | undefined

  /** @param takesMs until it has its full share; 0: at once. */
  constructor(clock: Clock, takesMs: number, changed: () => void) {
    this.#clock = clock
    this.#takesMs = takesMs
    this.#changed = changed
  }

  /** From above 0 to 1. */
  get share(): number {
    if (this.#sinceMs === undefined) return 1
    const passed = (this.#clock.now() - this.#sinceMs) / this.#takesMs
    return Math.min(1, (Math.floor(passed * STEPS) + 1) / STEPS)
  }

  begin(): void {
    if (this.#takesMs === 0) return
    this.#sinceMs = this.#clock.now()
    this.#goOn()
  }

  stop(): void {
    this.#timer?.stop()
    this.#sinceMs = undefined
  }

  #goOn(): void {
    this.#timer?.stop()
    this.#timer = this.#clock.after(this.#takesMs / STEPS, () => {
      if (this.share === 1) this.#sinceMs = undefined
      else this.#goOn()
      this.#changed()
    })
  }
}
