import type { Clock, Timer } from '../base/clock.js'
import type { Publish } from '../model/events.js'
import type { FoundTopology, Surroundings, Topology, TopologyNode } from '../model/topology.js'

export interface DiscoveryParts {
  readonly clock: Clock
  readonly topology: Topology
  /** Longest for one look, in milliseconds. */
  readonly timeoutMs: number
  readonly publish: Publish
  readonly surroundings: Omit<Surroundings, 'signal'>
  /** All nodes that there are now. @throws {ConfigError} one of them makes no sense. */
  readonly found: (nodes: readonly TopologyNode[]) => void
}

/** Keeps looking which nodes there are. When it cannot tell, those known stay. */
export class Discovery {
  readonly #parts: DiscoveryParts
  #timer: Timer | undefined
  #looking: Promise<void> | undefined
  #ended = new AbortController()
  #hasFailed = false
  #isStopped = true

  constructor(parts: DiscoveryParts) {
    this.#parts = parts
  }

  start(): void {
    if (!this.#isStopped) return
    this.#isStopped = false
    void this.lookNow()
  }

  stop(): void {
    this.#isStopped = true
    this.#timer?.stop()
    this.#ended.abort(new Error('the pool was ended'))
  }

  /** Looks without waiting for the rhythm. Looks that overlap are one. Never rejects: an event tells. */
  lookNow(): Promise<void> {
    if (this.#isStopped) return Promise.resolve()
    this.#timer?.stop()
    this.#looking ??= this.#look().then((againInMs) => {
      this.#looking = undefined
      if (!this.#isStopped) this.#timer = this.#parts.clock.after(againInMs, () => void this.lookNow())
    })
    return this.#looking
  }

  async #look(): Promise<number> {
    const { topology, found, publish } = this.#parts
    try {
      const { nodes, validMs = 0, mayBeNone = false } = await this.#find()
      if (this.#isStopped) return topology.everyMs
      if (nodes.length === 0 && !mayBeNone) throw new Error(`${topology.name} names no node`)
      found(nodes)
      this.#hasFailed = false
      return Math.max(topology.everyMs, validMs)
    } catch (error) {
      if (!this.#hasFailed && !this.#isStopped)
        publish('topologyFailed', { topology: topology.name, error: error as Error })
      this.#hasFailed = true
      return topology.everyMs
    }
  }

  /** Settles in time, whatever the topology does with its signal. */
  #find(): Promise<FoundTopology> {
    const { topology, surroundings, clock, timeoutMs } = this.#parts
    const tooLong = new AbortController()
    const signal = AbortSignal.any([this.#ended.signal, tooLong.signal])
    return new Promise((resolve, reject) => {
      const timer = clock.after(timeoutMs, () => tooLong.abort(new Error(`no answer within ${timeoutMs} ms`)), {
        waitedFor: true,
      })
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
      // A function of the user's may throw before it gives a promise.
      new Promise<readonly TopologyNode[] | FoundTopology>((found) => found(topology.find({ ...surroundings, signal })))
        .then((found) => resolve('nodes' in found ? found : { nodes: found }), reject)
        .finally(() => timer.stop())
    })
  }
}
