import { connect, createServer, type Server, type Socket } from 'node:net'

/** What the network between two ends does. */
export type GateState = 'open' | 'cut' | 'half-open'

interface Pair {
  readonly near: Socket
  readonly far: Socket
}

/**
 * A piece of network in front of a server, to be broken on purpose: listens on a port of its own and passes bytes on.
 *
 * `cut`: connections break and new ones are refused at once. `half-open`: connections stay, new ones open, and no byte
 * passes. `delay`: every chunk arrives that much later, in each direction.
 */
export class Gate {
  readonly #server: Server
  readonly #pairs = new Set<Pair>()
  #state: GateState = 'open'
  #delayMs = 0
  #target: number
  #port = 0

  private constructor(target: number) {
    this.#target = target
    this.#server = createServer({ allowHalfOpen: true }, (near) => this.#accept(near))
  }

  /** Opens a gate to a port on this machine. */
  static async open(target: number): Promise<Gate> {
    const gate = new Gate(target)
    await new Promise<void>((resolve, reject) => {
      gate.#server.once('error', reject)
      gate.#server.listen(0, '127.0.0.1', resolve)
    })
    gate.#port = (gate.#server.address() as { port: number }).port
    gate.#server.unref()
    return gate
  }

  get port(): number {
    return this.#port
  }

  get state(): GateState {
    return this.#state
  }

  /** From now on to another port. Connections to the old one break. */
  retarget(target: number): void {
    this.#target = target
    this.#breakAll()
  }

  cut(): void {
    this.#state = 'cut'
    this.#breakAll()
  }

  halfOpen(): void {
    this.#state = 'half-open'
    for (const { near, far } of this.#pairs) {
      near.pause()
      far.pause()
    }
  }

  /** Everything passes again, at once. Connections that were half-open break: their ends no longer agree. */
  heal(): void {
    if (this.#state === 'half-open') this.#breakAll()
    this.#state = 'open'
    this.#delayMs = 0
  }

  delay(ms: number): void {
    this.#delayMs = ms
  }

  async close(): Promise<void> {
    this.#breakAll()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  #accept(near: Socket): void {
    if (this.#state === 'cut') return void near.resetAndDestroy()
    const far = connect({ port: this.#target, host: '127.0.0.1', allowHalfOpen: true })
    const pair = { near, far }
    this.#pairs.add(pair)
    const over = () => {
      this.#pairs.delete(pair)
      near.destroy()
      far.destroy()
    }
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.setNoDelay(true)
      from.on('error', over)
      from.on('close', over)
      from.on('data', (chunk) => this.#pass(chunk, from, to))
      from.on('end', () => this.#later(() => to.end()))
    }
    if (this.#state === 'half-open') {
      near.pause()
      far.pause()
    }
  }

  #pass(chunk: Buffer, from: Socket, to: Socket): void {
    this.#later(() => {
      if (to.destroyed || this.#state === 'half-open') return
      if (to.write(chunk)) return
      from.pause()
      to.once('drain', () => {
        if (this.#state !== 'half-open') from.resume()
      })
    })
  }

  #later(pass: () => void): void {
    if (this.#delayMs === 0) pass()
    else setTimeout(pass, this.#delayMs)
  }

  #breakAll(): void {
    for (const { near, far } of this.#pairs) {
      near.resetAndDestroy()
      far.destroy()
    }
    this.#pairs.clear()
  }
}
