import type { TestCluster } from '../../src/testing.js'
import type { LagMs } from './modes.js'

/** How far the replicas are behind: one for all of them, and for everybody who looks. */
export class Lag {
  readonly #cluster: TestCluster
  #ms: LagMs = 0
  #change: Promise<unknown> = Promise.resolve()

  constructor(cluster: TestCluster) {
    this.#cluster = cluster
  }

  get ms(): LagMs {
    return this.#ms
  }

  /** Resolves when the replicas have taken it. Of calls that overlap the last one counts. */
  set(ms: LagMs): Promise<void> {
    const change = this.#change.then(() => this.#apply(ms))
    this.#change = Promise.allSettled([change])
    return change
  }

  async #apply(ms: LagMs): Promise<void> {
    await Promise.all(this.#cluster.replicas.map((replica) => replica.lag(ms)))
    this.#ms = ms
  }
}
