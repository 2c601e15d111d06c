import type { Clock, Timer } from '../base/clock.js'
import { ConnectionLostError } from '../base/errors.js'
import type { ClusterConfig } from '../model/config.js'
import type { NodePool } from '../model/driver.js'
import type { Node } from './node.js'

/** What one watch needs beyond its node. */
export interface WatchParts {
  readonly clock: Clock
  readonly probe: ClusterConfig['probe']
  /** Milliseconds until the next probe of a node that has failed this often in a row. */
  readonly ejectFor: (node: Node, failures: number) => number
}

/**
 * Keeps asking one node whether it is there and what it is: in a steady rhythm while it is up, after its ejection time
 * while it is down. Only these questions bring a node back; no user's statement is ever the test.
 */
export class Watch<Pool extends NodePool> {
  readonly #node: Node<Pool>
  readonly #parts: WatchParts
  #timer: Timer | undefined
  #asking: Promise<void> | undefined
  #lastAnswerMs: number
  #outForMs = 0
  #stopped = true

  constructor(node: Node<Pool>, parts: WatchParts) {
    this.#node = node
    this.#parts = parts
    this.#lastAnswerMs = parts.clock.now()
  }

  start(): void {
    if (!this.#stopped) return
    this.#stopped = false
    this.#lastAnswerMs = this.#parts.clock.now()
    void this.askNow()
  }

  stop(): void {
    this.#stopped = true
    this.#timer?.stop()
  }

  /** Asks without waiting for the rhythm. Questions that overlap are one. Never rejects: the node's health tells. */
  askNow(): Promise<void> {
    this.#timer?.stop()
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined
      this.#scheduleNext()
    })
    return this.#asking
  }

  /** A statement or an idle connection found the node unreachable. */
  reportFailure(cause: Error, isSure: boolean): void {
    if (this.#node.config.neverEject) return
    this.#goDown(cause)
    if (isSure) this.#scheduleNext()
    else void this.askNow()
  }

  async #ask(): Promise<void> {
    const { probe, clock } = this.#parts
    this.#node.startProbing()
    try {
      this.#node.setRole(await this.#node.pool.askRole(probe.timeoutMs))
      this.#lastAnswerMs = clock.now()
      if (!this.#stopped) this.#node.cameUp()
    } catch (error) {
      if (!this.#stopped) this.#missed(error as Error)
    }
  }

  /**
   * Silence: reads under way are given up and run elsewhere at once, since that harms nobody. What may have written is
   * left to finish until the node has been silent for so long that waiting is worse than not knowing.
   */
  #missed(cause: Error): void {
    const { probe, clock } = this.#parts
    const { pool, name } = this.#node
    if (!this.#node.config.neverEject) this.#goDown(cause)
    pool.abandon('repeatable', new ConnectionLostError(name, `${name} does not answer: ${cause.message}`, { cause }))
    const silentMs = Math.round(clock.now() - this.#lastAnswerMs)
    if (silentMs < probe.hungAfterMs) return
    pool.abandon('all', new ConnectionLostError(name, `${name} has been silent for ${silentMs} ms`, { cause }))
  }

  #goDown(cause: Error): void {
    this.#outForMs = this.#parts.ejectFor(this.#node, this.#node.failures + 1)
    this.#node.wentDown(cause, this.#outForMs)
  }

  #scheduleNext(): void {
    if (this.#stopped) return
    this.#timer?.stop()
    this.#timer = this.#parts.clock.after(this.#nextMs(), () => void this.askNow())
  }

  #nextMs(): number {
    return this.#node.health.state === 'down' ? this.#outForMs : this.#parts.probe.everyMs
  }
}
