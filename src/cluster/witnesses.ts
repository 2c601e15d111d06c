import type { Clock } from '../base/clock.js'
import type { NodePool } from '../model/driver.js'
import type { Moments, Position } from '../model/position.js'
import { covers, type Lineage } from '../routing/lineage.js'
import type { ReadThere, SeenOnReplicas } from '../routing/seen-on-replicas.js'
import { catchUp } from './catch-up.js'
import type { Node } from './node.js'

export interface WitnessesParts<Pool extends NodePool> {
  readonly clock: Clock
  readonly moments: Moments
  /** How long to wait for a replica that has come far enough to tell. */
  readonly waitMs: number
  readonly primary: () => Node<Pool> | undefined
  /** Those that serve. */
  readonly replicas: () => readonly Node<Pool>[]
  readonly lineage: () => Lineage | undefined
  /** A position of the primary that was asked for after this moment; `undefined`: it does not answer. */
  readonly positionSince: (moment: number) => Promise<Position | undefined>
  readonly askPosition: (node: Node<Pool>) => Promise<void>
}

/** Replicas that show what a session has seen. */
export interface Found<Pool extends NodePool> {
  readonly nodes: readonly Node<Pool>[]
  /** They show all of it together. `false`: for some of it there is none that has come so far. */
  readonly isWhole: boolean
}

/** Finds the replicas that can tell what a session has seen. */
export class Witnesses<Pool extends NodePool = NodePool> {
  readonly #parts: WitnessesParts<Pool>

  constructor(parts: WitnessesParts<Pool>) {
    this.#parts = parts
  }

  /** Of everything that was seen, one replica that has shown it, or has come as far as one that did. */
  async of(seen: SeenOnReplicas): Promise<Found<Pool>> {
    const found = new Set<Node<Pool>>()
    const gone: ReadThere[] = []
    for (const read of seen.reads) {
      if (this.#isPrimaryNow(read)) continue
      const node = this.#livesOn(read)
      if (node === undefined) gone.push(read)
      else found.add(node)
    }
    if (!(await this.#boundBy(seen, gone))) return { nodes: [...found], isWhole: false }
    const { position } = seen
    if (position === undefined) return { nodes: [...found], isWhole: true }
    const witness = await this.#oneThatReaches(position)
    return { nodes: witness === undefined ? [...found] : [...found.add(witness)], isWhole: witness !== undefined }
  }

  /** What nobody can be asked about was no further than the primary is now. @returns `false`: it does not say. */
  async #boundBy(seen: SeenOnReplicas, gone: readonly ReadThere[]): Promise<boolean> {
    const { unknownMoment } = seen
    if (gone.length === 0 && unknownMoment === 0) return true
    const bound = await this.#parts.positionSince(this.#parts.moments.next())
    if (bound !== undefined) seen.standAt(bound, gone, unknownMoment)
    return bound !== undefined
  }

  /** It has been promoted since, and shows what it showed. */
  #isPrimaryNow({ node, life }: ReadThere): boolean {
    const primary = this.#parts.primary()
    return primary?.name === node && primary.progress.life === life
  }

  /** One that is out of service, or follows an old primary, tells nothing. */
  #livesOn({ node: name, life }: ReadThere): Node<Pool> | undefined {
    return this.#parts.replicas().find((it) => it.name === name && it.progress.life === life)
  }

  async #oneThatReaches(position: Position): Promise<Node<Pool> | undefined> {
    const { clock, waitMs, askPosition, lineage } = this.#parts
    const allows = (node: Node<Pool>) => covers(node.progress.position, position, lineage())
    const there = this.#parts.replicas().find(allows)
    if (there !== undefined || this.#parts.replicas().length === 0) return there
    const goal = { prepare() {}, allows, isHopeless: () => false }
    await catchUp(this.#parts.replicas(), goal, waitMs, { clock, askPosition })
    return this.#parts.replicas().find(allows)
  }
}
