import type { Position, Sample } from '../model/position.js'
import type { Progress } from '../model/view.js'
import { covers, type Lineage, later } from './lineage.js'

/** A read on a replica: it showed what the replica had replayed by then, and how far that was nobody has asked yet. */
interface Seen {
  readonly node: string
  /** Which life of the node: after a restart it may stand further back. */
  life: number
  /** The moment at which its result came. */
  moment: number
}

/**
 * What one session must see in one history of writes: its own writes, and whatever it has seen already.
 *
 * Positions are asked for late and by few: a write only notes its moment. Any position of the primary asked for after
 * that moment covers it, and any position of a replica asked for after a read there covers what that read has shown.
 */
export class Footing {
  /** Everything up to here must be visible. `undefined`: nothing yet. */
  #position: Position | undefined
  #primaryMoment = 0
  #seen: Seen[] = []
  /** Where reads of this session are under way now; others join them, so that none has to wait for what they show. */
  #underWayOn: string | undefined
  #underWay = 0

  get position(): Position | undefined {
    return this.#position
  }

  /** The moment of the last write, or read on the primary, whose position is not known yet; 0: there is none. */
  get primaryMoment(): number {
    return this.#primaryMoment
  }

  /** Nodes whose position, asked now, would tell what the session has seen there. */
  get seenOn(): readonly string[] {
    return this.#seen.map((it) => it.node)
  }

  get isSettled(): boolean {
    return this.#primaryMoment === 0 && this.#seen.length === 0
  }

  /** A write has ended on the primary, well or not, or a read there has shown its present. */
  notePrimary(moment: number): void {
    this.#primaryMoment = moment
  }

  noteReplica(node: string, life: number, moment: number): void {
    for (const seen of this.#seen) {
      if (seen.node !== node) continue
      // In another life it may show less: what it showed before, only the primary can tell now.
      if (seen.life !== life) this.#primaryMoment = Math.max(this.#primaryMoment, seen.moment)
      seen.life = life
      seen.moment = moment
      return
    }
    this.#seen.push({ node, life, moment })
  }

  began(node: string): void {
    if (this.#underWay === 0) this.#underWayOn = node
    if (this.#underWayOn === node) this.#underWay++
  }

  ended(node: string): void {
    if (this.#underWayOn === node && this.#underWay > 0) this.#underWay--
  }

  get nodeUnderWay(): string | undefined {
    return this.#underWay === 0 ? undefined : this.#underWayOn
  }

  /** From a token, or a store: it may only add. */
  raise(position: Position): void {
    this.#position = later(this.#position, position)
  }

  /** The history that its position belongs to is not the present one: whatever the primary shows now must do. */
  startAnew(moment: number): void {
    this.#position = undefined
    this.#seen = []
    this.#primaryMoment = moment
  }

  /** Turns moments into positions where an answer of the primary, or of the replica, has come since. */
  settle(primary: Sample | undefined, progressOf: (node: string) => Progress | undefined): void {
    if (this.#seen.length > 0) this.#settleSeen(primary, progressOf)
    if (this.#primaryMoment === 0 || primary === undefined || primary.moment <= this.#primaryMoment) return
    this.raise(primary.position)
    this.#primaryMoment = 0
  }

  #settleSeen(primary: Sample | undefined, progressOf: (node: string) => Progress | undefined): void {
    for (let i = this.#seen.length - 1; i >= 0; i--) {
      const seen = this.#seen[i] as Seen
      if (this.#isSettledNow(seen, progressOf(seen.node), primary)) this.#seen.splice(i, 1)
    }
  }

  #isSettledNow(seen: Seen, progress: Progress | undefined, primary: Sample | undefined): boolean {
    if (progress?.life === seen.life) {
      // It has not said since, or never: the same node goes on showing at least as much.
      if (progress.position === undefined || progress.moment <= seen.moment) return false
      this.raise(progress.position)
      return true
    }
    // Nobody can ask it any more: no replica shows what the primary has not.
    if (primary !== undefined && primary.moment > seen.moment) this.raise(primary.position)
    else this.#primaryMoment = Math.max(this.#primaryMoment, seen.moment)
    return true
  }

  /** The replicas that the session read on do not say how far they were: the primary was no less far. */
  settleByPrimary(): void {
    for (const { moment } of this.#seen) this.#primaryMoment = Math.max(this.#primaryMoment, moment)
    this.#seen = []
  }

  /** Whether a replica shows all that the session must see. After `settle`. */
  allows(node: string, progress: Progress, lineage: Lineage | undefined): boolean {
    if (this.#primaryMoment !== 0) return false
    for (const seen of this.#seen) if (seen.node !== node || seen.life !== progress.life) return false
    return this.#position === undefined || covers(progress.position, this.#position, lineage)
  }
}
