import type { Clock, Timer } from '../base/clock.js'

export interface PacedQuestionParts {
  readonly clock: Clock
  /** Asks, and settles when the answer has been noted. Never rejects. */
  readonly ask: () => Promise<void>
  /** Shortest time between the beginnings of two questions. */
  readonly paceMs: () => number
  /** How long `soon` waits for others to join. */
  readonly soonMs: number
}

/** A question that many ask at once: those who ask while one is under way share the next, which keeps its distance. */
export class PacedQuestion {
  readonly #parts: PacedQuestionParts
  #underWay: Promise<void> | undefined
  #following: Promise<void> | undefined
  #soon: Timer | undefined
  #lastMs = Number.NEGATIVE_INFINITY

  constructor(parts: PacedQuestionParts) {
    this.#parts = parts
  }

  /** Settles with the answer to a question that is asked after this call. */
  next(): Promise<void> {
    this.#following ??= this.#askAfter(this.#underWay)
    return this.#following
  }

  /** Settles with the next answer, be it to a question that is under way already. */
  nextAnswer(): Promise<void> {
    return this.#underWay ?? this.next()
  }

  /** Asks before long, for somebody who does not wait. */
  soon(): void {
    if (this.#following !== undefined || this.#soon !== undefined) return
    this.#soon = this.#parts.clock.after(this.#parts.soonMs, () => {
      this.#soon = undefined
      void this.next()
    })
  }

  stop(): void {
    this.#soon?.stop()
    this.#soon = undefined
  }

  async #askAfter(before: Promise<void> | undefined): Promise<void> {
    await before
    await this.#keepDistance()
    this.stop()
    this.#underWay = this.#following
    this.#following = undefined
    this.#lastMs = this.#parts.clock.now()
    try {
      await this.#parts.ask()
    } finally {
      this.#underWay = undefined
    }
  }

  #keepDistance(): Promise<void> | undefined {
    const { clock, paceMs } = this.#parts
    const waitMs = this.#lastMs + paceMs() - clock.now()
    if (waitMs <= 0) return undefined
    return new Promise((resolve) => clock.after(waitMs, resolve, { waitedFor: true }))
  }
}
