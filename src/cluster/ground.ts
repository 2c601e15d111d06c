import type { NodePool } from '../model/driver.js'
import type { Publish } from '../model/events.js'
import { type Position, positionText } from '../model/position.js'
import { Footing } from '../routing/footing.js'
import { standingOf } from '../routing/lineage.js'
import type { Fit } from './fit.js'
import type { History } from './history.js'
import type { Node } from './node.js'
import type { SessionGround } from './session-positions.js'

/** What one session stands on in one shard of one cluster: what it must see, and how that is found out. */
export class Ground<Pool extends NodePool = NodePool> implements Fit<Pool>, SessionGround {
  readonly level = 'session'
  readonly footing = new Footing()
  readonly #history: History<Pool>
  readonly #publish: Publish

  constructor(history: History<Pool>, publish: Publish) {
    this.#history = history
    this.#publish = publish
  }

  /**
   * A write of the session has ended, well or not.
   *
   * @param isWanted a read will soon want to know where that was.
   */
  noteWrite(isWanted: boolean): void {
    this.footing.notePrimary(this.#history.moments.next())
    if (isWanted) this.#history.writeEnded()
  }

  /** A read of the session has shown what this node shows. */
  noteRead(node: Node<Pool>, life: number): void {
    const moment = this.#history.moments.next()
    if (node.role === 'replica') this.footing.noteReplica(node.name, life, moment)
    else this.footing.notePrimary(moment)
  }

  prepare(): void {
    const { footing } = this
    const history = this.#history
    footing.settle(history.newest, history.progressOf)
    const { position } = footing
    const { lineage } = history
    if (position === undefined || lineage === undefined) return
    if (position.timeline === lineage.timeline && position.system === lineage.system) return
    const standing = standingOf(position, lineage)
    if (standing === 'kept' || standing === 'ahead') return
    this.#publish('positionLost', { position: positionText(position), timeline: lineage.timeline, why: standing })
    footing.startAnew(history.moments.next())
  }

  allows(node: Node<Pool>): boolean {
    return this.footing.allows(node.name, node.progress, this.#history.lineage)
  }

  get preferred(): string | undefined {
    return this.footing.nodeUnderWay
  }

  /** Another timeline than the primary's that we know, and newer: that one is not the primary. */
  get isAheadOfPrimary(): boolean {
    const { position } = this.footing
    const { lineage } = this.#history
    return position !== undefined && lineage !== undefined && standingOf(position, lineage) === 'ahead'
  }

  async learn(waitMs: number): Promise<boolean> {
    this.prepare()
    const { footing } = this
    if (footing.seenOn.length > 0) {
      await this.#history.ask(footing.seenOn, waitMs)
      this.prepare()
      footing.settleByPrimary()
    }
    if (footing.primaryMoment !== 0 && !(await this.#history.knowsSince(footing.primaryMoment))) return false
    this.prepare()
    return footing.primaryMoment === 0
  }

  isHopeless(node: Node<Pool>, waitMs: number): boolean {
    const lag = this.#history.lagOf(node.progress.position)
    return lag !== undefined && lag.ms > waitMs
  }

  get wanted(): string | undefined {
    const { position } = this.footing
    return position === undefined ? undefined : positionText(position)
  }

  get position(): Position | undefined {
    return this.footing.position
  }

  get isSettled(): boolean {
    this.prepare()
    return this.footing.isSettled
  }

  raise(position: Position | 'unknown'): void {
    if (position === 'unknown') this.footing.notePrimary(this.#history.moments.next())
    else this.footing.raise(position)
  }

  async settle(): Promise<void> {
    if (!this.isSettled) await this.learn(SETTLE_MS)
  }
}

/** For the end of a request: longer than an answer takes, shorter than anybody notices. */
const SETTLE_MS = 50
