import type { Socket } from 'node:net'

/** Bytes that may be on their way before no more are taken in. */
const MOST_ON_THE_WAY = 1 << 20

interface Parcel {
  readonly dueMs: number
  /** `undefined`: the sender has nothing more to say. */
  readonly bytes: Buffer | undefined
}

/**
 * One direction of a connection through a gate: passes bytes on in their order, each after the delay that was in force
 * when it came, and the end of the stream behind them. Takes in no more than the other side takes out.
 */
export class Flow {
  readonly #from: Socket
  readonly #to: Socket
  readonly #delayMs: () => number
  readonly #onTheWay: Parcel[] = []
  #bytesOnTheWay = 0
  #timer: NodeJS.Timeout | undefined
  #isHalted = false

  constructor(from: Socket, to: Socket, delayMs: () => number) {
    this.#from = from
    this.#to = to
    this.#delayMs = delayMs
    from.on('data', (bytes) => this.#take(bytes))
    from.on('end', () => this.#take(undefined))
    to.on('drain', () => this.#takeMore())
  }

  /** Nothing passes any more, and what is on its way is lost. Neither end is told. */
  halt(): void {
    this.#isHalted = true
    this.#onTheWay.length = 0
    clearTimeout(this.#timer)
    this.#from.pause()
  }

  /** What is on its way arrives now. */
  hurry(): void {
    while (this.#onTheWay.length > 0) this.#passNext()
    this.#takeMore()
  }

  #take(bytes: Buffer | undefined): void {
    if (this.#isHalted) return
    const delayMs = this.#delayMs()
    if (delayMs === 0 && this.#onTheWay.length === 0) return this.#pass(bytes)
    // A shorter delay than before must not let a byte overtake another.
    const dueMs = Math.max(performance.now() + delayMs, this.#onTheWay.at(-1)?.dueMs ?? 0)
    this.#onTheWay.push({ dueMs, bytes })
    this.#bytesOnTheWay += bytes?.length ?? 0
    if (this.#bytesOnTheWay > MOST_ON_THE_WAY) this.#from.pause()
    if (this.#onTheWay.length === 1) this.#waitForNext()
  }

  #waitForNext(): void {
    clearTimeout(this.#timer)
    const next = this.#onTheWay[0]
    if (next === undefined) return
    this.#timer = setTimeout(() => this.#deliver(), Math.max(0, next.dueMs - performance.now())).unref()
  }

  #deliver(): void {
    const nowMs = performance.now()
    while (this.#onTheWay[0] !== undefined && this.#onTheWay[0].dueMs <= nowMs) this.#passNext()
    this.#takeMore()
    this.#waitForNext()
  }

  #passNext(): void {
    const { bytes } = this.#onTheWay.shift() as Parcel
    this.#bytesOnTheWay -= bytes?.length ?? 0
    this.#pass(bytes)
  }

  #pass(bytes: Buffer | undefined): void {
    if (this.#to.destroyed) return
    if (bytes === undefined) this.#to.end()
    else if (!this.#to.write(bytes)) this.#from.pause()
  }

  #takeMore(): void {
    const isBehind = this.#to.writableNeedDrain || this.#bytesOnTheWay > MOST_ON_THE_WAY
    if (!this.#isHalted && !isBehind) this.#from.resume()
  }
}
