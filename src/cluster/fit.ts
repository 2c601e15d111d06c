import type { Bound } from '../model/consistency.js'
import type { NodePool } from '../model/driver.js'
import type { Goal } from './catch-up.js'
import type { History } from './history.js'
import type { Node } from './node.js'

/** Which replicas show enough for one read. */
export interface Fit<Pool extends NodePool = NodePool> extends Goal<Pool> {
  /** For people. */
  readonly level: string
  /** Of those that are allowed, the one that spares the session a question. */
  readonly preferred: string | undefined
  /**
   * Asks what must be known before a replica can be chosen.
   *
   * @param waitMs for replicas that the session has seen; the primary is waited for as long as a probe may take.
   * @returns `false`: it cannot be known; only the primary will do.
   */
  learn(waitMs: number): Promise<boolean>
  /** For people: what the replica must have reached. */
  readonly wanted: string | undefined
  /** What it must show is of a later timeline than the primary that we know: that one is not the primary any more. */
  readonly isAheadOfPrimary: boolean
}

/** For reads that may be so far behind, and no further. An unmeasured lag is too much. */
export class BoundFit<Pool extends NodePool> implements Fit<Pool> {
  readonly level: string
  readonly preferred = undefined
  readonly isAheadOfPrimary = false
  readonly #bound: Bound
  readonly #history: History<Pool>

  constructor(bound: Bound, history: History<Pool>) {
    this.#bound = bound
    this.#history = history
    const parts = [bound.maxLagMs, bound.maxLagBytes].map((it, i) => (it === undefined ? '' : `${it} ${UNITS[i]}`))
    this.level = `at most ${parts.filter((it) => it !== '').join(' and ')}`
  }

  prepare(): void {}

  allows(node: Node<Pool>): boolean {
    const lag = this.#history.lagOf(node.progress.position)
    if (lag === undefined) return false
    const { maxLagMs = Number.POSITIVE_INFINITY, maxLagBytes = Number.POSITIVE_INFINITY } = this.#bound
    if (maxLagBytes < Number.POSITIVE_INFINITY && lag.primaryAgeMs > this.#history.staleAfterMs) return false
    return lag.bytes <= maxLagBytes && lag.atMostMs <= maxLagMs
  }

  /** What is known of the primary may be older than what the read may miss. */
  learn(): Promise<boolean> {
    return this.#history.knowsSince(this.#history.moments.next())
  }

  isHopeless(): boolean {
    return false
  }

  get wanted(): string {
    return this.level
  }
}

const UNITS = ['ms', 'bytes']
