import type { Position } from '../model/position.js'
import { covers, type Lineage, later } from './lineage.js'

/** What a replica has shown: all that it had replayed before this moment, in this life of it. */
export interface ReadThere {
  readonly node: string
  readonly life: number
  readonly moment: number
}

/** What the primary is known to show by now. */
export interface KnownToShow {
  /** All that this node, in this life, showed before the moment that this gives; 0: nothing is known. */
  readonly sinceOf: (node: string, life: number) => number
  /** All up to here; `undefined`: nothing is known. */
  readonly upTo: Position | undefined
  readonly lineage: Lineage | undefined
}

/**
 * What replicas have shown one session while the primary may not show it yet: a commit that waits for a synchronous
 * standby is shown by standbys first.
 */
export class SeenOnReplicas {
  #reads: ReadThere[] = []
  /** In another process, up to here. */
  #position: { readonly upTo: Position; readonly moment: number } | undefined
  /** There too, and nobody knows where: before this moment. 0: nothing. */
  #unknownMoment = 0

  get isEmpty(): boolean {
    return this.#reads.length === 0 && this.#position === undefined && this.#unknownMoment === 0
  }

  /** The latest read on each node. */
  get reads(): readonly ReadThere[] {
    return this.#reads
  }

  get position(): Position | undefined {
    return this.#position?.upTo
  }

  /** The position of some of it is not known, but that it is before what the primary had written at this moment. 0: of none. */
  get unknownMoment(): number {
    return this.#unknownMoment
  }

  note(node: string, life: number, moment: number): void {
    const at = this.#reads.findIndex((it) => it.node === node && it.life === life)
    if (at < 0) this.#reads.push({ node, life, moment })
    else this.#reads[at] = { node, life, moment }
  }

  /** It has been seen in another process. */
  raise(position: Position | 'unknown', moment: number): void {
    if (position === 'unknown') this.#unknownMoment = moment
    else this.#position = { upTo: later(this.#position?.upTo, position), moment }
  }

  /** In place of reads that nobody can be asked about any more, and of what is unknown, up to here: the primary has said so since. */
  standAt(position: Position, gone: readonly ReadThere[], unknownMoment: number): void {
    const moments = [...gone.map((it) => it.moment), unknownMoment, this.#position?.moment ?? 0]
    this.#position = { upTo: later(this.#position?.upTo, position), moment: Math.max(...moments) }
    this.#reads = this.#reads.filter((it) => !gone.includes(it))
    if (this.#unknownMoment === unknownMoment) this.#unknownMoment = 0
  }

  /** The primary shows all that had been seen before this moment. */
  forget(before: number): void {
    this.#reads = this.#reads.filter((it) => it.moment >= before)
    if (this.#position !== undefined && this.#position.moment < before) this.#position = undefined
    if (this.#unknownMoment < before) this.#unknownMoment = 0
  }

  /** Drops what the primary shows. */
  settle({ sinceOf, upTo, lineage }: KnownToShow): void {
    if (this.#reads.length > 0) this.#reads = this.#reads.filter((it) => it.moment >= sinceOf(it.node, it.life))
    if (this.#position !== undefined && covers(upTo, this.#position.upTo, lineage)) this.#position = undefined
  }
}
