import { AsyncResource } from 'node:async_hooks'

/** Work that is done one after the other, each in the context of whoever asked for it. */
export class Turns {
  readonly #waiting: (() => void)[] = []
  #isTaken = false

  get isTaken(): boolean {
    return this.#isTaken
  }

  /** Begins at once if nobody else's turn it is. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (!this.#isTaken) return this.#begin(work)
    return new Promise((resolve, reject) => {
      this.#waiting.push(AsyncResource.bind(() => this.#begin(work).then(resolve, reject)))
    })
  }

  #begin<T>(work: () => Promise<T>): Promise<T> {
    this.#isTaken = true
    return work().finally(() => {
      this.#isTaken = false
      this.#waiting.shift()?.()
    })
  }
}
