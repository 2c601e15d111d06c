import type { Clock } from '../base/clock.js'
import type { Dialect } from '../model/dialect.js'
import type { NodePool } from '../model/driver.js'
import type { NodeStatus } from '../model/node-status.js'
import type { Moments, Position, Sample } from '../model/position.js'
import type { Progress } from '../model/view.js'
import { type Lineage, promoted, unknownBefore } from '../routing/lineage.js'
import { type Lag, PositionRing } from '../routing/position-ring.js'
import type { Node } from './node.js'
import { Shown } from './shown.js'

export interface HistoryParts<Pool extends NodePool> {
  readonly clock: Clock
  readonly moments: Moments
  readonly staleAfterMs: number
  /** The one primary that is believed; `undefined`: none, or several. */
  readonly primary: () => Node<Pool> | undefined
  readonly node: (name: string) => Node<Pool> | undefined
  /** Those that serve. */
  readonly replicas: () => readonly Node<Pool>[]
  readonly dialect: Dialect
  /** How long a server may take to answer. */
  readonly timeoutMs: number
  /** How long a read may wait for a replica. */
  readonly waitMs: number
  /** Settles with the answer to a question about its position that is asked from now on. */
  readonly askPosition: (node: Node<Pool>) => Promise<void>
  /** The same, before long, and nobody waits. */
  readonly askSoon: (node: Node<Pool>) => void
}

/** The history of writes of one shard as this process knows it: where its primary stood, when, and on which timeline. */
export class History<Pool extends NodePool = NodePool> {
  readonly moments: Moments
  readonly shown: Shown<Pool>
  readonly #parts: HistoryParts<Pool>
  readonly #ring: PositionRing
  #lineage: Lineage | undefined

  constructor(parts: HistoryParts<Pool>) {
    this.#parts = parts
    this.moments = parts.moments
    this.#ring = new PositionRing(parts.staleAfterMs)
    this.shown = new Shown({
      ...parts,
      lineage: () => this.#lineage,
      positionSince: async (moment) => ((await this.knowsSince(moment)) ? this.newest?.position : undefined),
    })
  }

  get staleAfterMs(): number {
    return this.#parts.staleAfterMs
  }

  get lineage(): Lineage | undefined {
    return this.#lineage
  }

  /** The primary's newest known position. */
  get newest(): Sample | undefined {
    return this.#ring.newest
  }

  readonly progressOf = (node: string): Progress | undefined => this.#parts.node(node)?.progress

  /** `undefined`: unknown, which is too much. */
  lagOf(position: Position | undefined): Lag | undefined {
    const at = this.#lineage
    if (position === undefined || at === undefined) return undefined
    if (position.system !== at.system || position.timeline !== at.timeline) return undefined
    return this.#ring.lagOf(position.lsn, this.#parts.clock.now())
  }

  /** The believed primary has said where it stands. One on an older timeline than we know of is behind the times. */
  heard(sample: Sample, status: NodeStatus, wasReplicaInThisLife: boolean): void {
    if (status.isSynchronous) this.shown.isNeeded = true
    const { position } = sample
    const before = this.#lineage
    if (before === undefined || before.system !== position.system) this.#lineage = unknownBefore(position)
    else if (position.timeline < before.timeline) return
    else if (position.timeline > before.timeline) {
      // Of several promotions that nobody here saw, only the last one's place is known.
      const isNext = position.timeline === before.timeline + 1 && wasReplicaInThisLife
      const at = isNext ? status.recoveredTo : undefined
      this.#lineage = at === undefined ? unknownBefore(position) : promoted(before, position.timeline, at)
    }
    this.#ring.add(sample)
  }

  /** A session has written: somebody will want to know where that was. */
  writeEnded(): void {
    const primary = this.#parts.primary()
    if (primary !== undefined) this.#parts.askSoon(primary)
  }

  /** Waits for a position of the primary that was asked for after this moment. @returns whether there is one. */
  async knowsSince(moment: number): Promise<boolean> {
    // The question's own connection keeps no process alive; whoever waits for it must not be left waiting.
    const awake = this.#parts.clock.after(LONG_MS, () => undefined, { waitedFor: true })
    try {
      return await this.#askUntilSince(moment)
    } finally {
      awake.stop()
    }
  }

  async #askUntilSince(moment: number): Promise<boolean> {
    for (let asked = 0; ; asked++) {
      if ((this.newest?.moment ?? 0) > moment) return true
      const primary = this.#parts.primary()
      if (primary === undefined || asked === MOST_QUESTIONS) return false
      await this.#parts.askPosition(primary)
    }
  }

  /** Asks these nodes where they stand, and waits for their answers, but not for longer than `waitMs`. */
  ask(nodes: readonly string[], waitMs: number): Promise<void> {
    const known = nodes.map((name) => this.#parts.node(name)).filter((node) => node !== undefined)
    const answers = Promise.all(known.map((node) => this.#parts.askPosition(node)))
    return new Promise((resolve) => {
      const timer = this.#parts.clock.after(waitMs, resolve, { waitedFor: true })
      void answers.then(() => {
        timer.stop()
        resolve()
      })
    })
  }
}

/** Longer than any question is allowed to take. */
const LONG_MS = 2_147_483_647
/** The second, for a primary that turned out to be another node. */
const MOST_QUESTIONS = 2
