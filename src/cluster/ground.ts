import type { NodePool } from '../model/driver.js'
import type { Publish } from '../model/events.js'
import { type Position, positionText } from '../model/position.js'
import { Footing } from '../routing/footing.js'
import { later, standingOf } from '../routing/lineage.js'
import { SeenOnReplicas } from '../routing/seen-on-replicas.js'
import type { Fit } from './fit.js'
import type { History } from './history.js'
import type { Node } from './node.js'
import type { SessionGround } from './session-positions.js'

/** The groups of tables that a statement touches; `undefined`: it may touch any. */
export type Touched = readonly string[] | undefined

/** What one session stands on in one shard of one cluster: what it must see, and how that is found out. */
export class Ground<Pool extends NodePool = NodePool> implements Fit<Pool>, SessionGround {
  readonly level = 'session'
  /** What every read must see. */
  readonly footing = new Footing()
  readonly #only: readonly Footing[] = [this.footing]
  /** What reads of some tables must see besides; `undefined`: nobody keeps tables apart. */
  readonly #ofTables: Map<string, Footing> | undefined
  /** What the primary may not show yet. */
  readonly #seen = new SeenOnReplicas()
  readonly #history: History<Pool>
  readonly #publish: Publish

  constructor(history: History<Pool>, publish: Publish, keepsTablesApart = false) {
    this.#history = history
    this.#publish = publish
    if (keepsTablesApart) this.#ofTables = new Map()
  }

  /** What a read must see that touches these tables. */
  for(tables: Touched): Fit<Pool> {
    return this.#ofTables === undefined ? this : new TablesFit(this, this.#footingsOf(tables))
  }

  /**
   * A write of the session has ended, well or not.
   *
   * @param isWanted a read will soon want to know where that was.
   */
  noteWrite(isWanted: boolean, tables: Touched): void {
    const moment = this.#history.moments.next()
    for (const footing of this.#noted(tables)) footing.notePrimary(moment)
    if (isWanted) this.#history.writeEnded()
  }

  /** A read of the session has shown what this node shows. */
  noteRead(node: Node<Pool>, life: number, tables: Touched): void {
    const moment = this.#history.moments.next()
    if (node.role === 'replica' && this.#history.shown.isNeeded) this.#seen.note(node.name, life, moment)
    for (const footing of this.#noted(tables)) {
      if (node.role === 'replica') footing.noteReplica(node.name, life, moment)
      else footing.notePrimary(moment)
    }
  }

  /** Whether the primary is known to show all that replicas have shown the session. */
  get isShown(): boolean {
    if (this.#seen.isEmpty) return true
    if (this.#history.shown.isNeeded) this.#seen.settle(this.#history.shown)
    else this.#seen.forget(this.#history.moments.next())
    return this.#seen.isEmpty
  }

  /** Waits until it does. @returns `false`: within `waitMs`, it did not. */
  waitUntilShown(waitMs: number): Promise<boolean> {
    return this.#history.shown.waitFor(this.#seen, waitMs)
  }

  prepare(): void {
    this.prepareAll(this.#all())
  }

  /** @internal */
  prepareAll(footings: Iterable<Footing>): void {
    for (const footing of footings) this.#prepare(footing)
  }

  #prepare(footing: Footing): void {
    const history = this.#history
    footing.settle(history.newest, history.progressOf)
    const { position } = footing
    const { lineage } = history
    if (position === undefined || lineage === undefined) return
    if (position.timeline === lineage.timeline && position.system === lineage.system) return
    const standing = standingOf(position, lineage)
    if (standing === 'kept' || standing === 'ahead') return
    this.#publish('positionLost', { position: positionText(position), timeline: lineage.timeline, why: standing })
    const moment = history.moments.next()
    this.#seen.forget(moment)
    footing.startAnew(moment)
  }

  allows(node: Node<Pool>): boolean {
    return this.allowsAll(this.#all(), node)
  }

  /** @internal */
  allowsAll(footings: Iterable<Footing>, node: Node<Pool>): boolean {
    const { lineage } = this.#history
    for (const footing of footings) if (!footing.allows(node.name, node.progress, lineage)) return false
    return true
  }

  get preferred(): string | undefined {
    return this.footing.nodeUnderWay
  }

  get isAheadOfPrimary(): boolean {
    return this.isAhead(this.#all())
  }

  /** @internal Another timeline than the primary's that we know, and newer: that one is not the primary. */
  isAhead(footings: Iterable<Footing>): boolean {
    const { lineage } = this.#history
    if (lineage === undefined) return false
    for (const { position } of footings) {
      if (position !== undefined && standingOf(position, lineage) === 'ahead') return true
    }
    return false
  }

  learn(waitMs: number): Promise<boolean> {
    return this.learnAll([...this.#all()], waitMs)
  }

  /** @internal */
  async learnAll(footings: readonly Footing[], waitMs: number): Promise<boolean> {
    this.prepareAll(footings)
    const seenOn = new Set(footings.flatMap((footing) => footing.seenOn))
    if (seenOn.size > 0) {
      await this.#history.ask([...seenOn], waitMs)
      this.prepareAll(footings)
      for (const footing of footings) footing.settleByPrimary()
    }
    const moment = Math.max(...footings.map((footing) => footing.primaryMoment))
    if (moment !== 0 && !(await this.#history.knowsSince(moment))) return false
    this.prepareAll(footings)
    return footings.every((footing) => footing.primaryMoment === 0)
  }

  isHopeless(node: Node<Pool>, waitMs: number): boolean {
    const lag = this.#history.lagOf(node.progress.position)
    return lag !== undefined && lag.ms > waitMs
  }

  get wanted(): string | undefined {
    const { position } = this
    return position === undefined ? undefined : positionText(position)
  }

  get position(): Position | undefined {
    return latestOf(this.#all())
  }

  get isSettled(): boolean {
    this.prepare()
    for (const footing of this.#all()) if (!footing.isSettled) return false
    return true
  }

  raise(position: Position | 'unknown'): void {
    if (position === 'unknown') this.footing.notePrimary(this.#history.moments.next())
    else this.footing.raise(position)
  }

  async settle(): Promise<void> {
    if (!this.isSettled) await this.learn(SETTLE_MS)
  }

  get seen(): Position | 'unknown' | undefined {
    if (this.isShown) return undefined
    return this.isSettled ? this.position : 'unknown'
  }

  raiseSeen(position: Position | 'unknown'): void {
    this.#seen.raise(position, this.#history.moments.next())
  }

  async settleSeen(): Promise<void> {
    if (!this.isShown) await this.waitUntilShown(SETTLE_MS)
  }

  /** Where something is noted that concerns these tables. */
  #noted(tables: Touched): Iterable<Footing> {
    if (this.#ofTables === undefined || tables === undefined) return this.#only
    return tables.map((table) => this.#ofTable(table, this.#ofTables as Map<string, Footing>))
  }

  #ofTable(table: string, known: Map<string, Footing>): Footing {
    const footing = known.get(table) ?? new Footing()
    known.set(table, footing)
    return footing
  }

  /** What a read of these tables must see. */
  #footingsOf(tables: Touched): readonly Footing[] {
    if (tables === undefined) return [...this.#all()]
    return [this.footing, ...tables.flatMap((table) => this.#ofTables?.get(table) ?? [])]
  }

  #all(): Iterable<Footing> {
    return this.#ofTables === undefined ? this.#only : [this.footing, ...this.#ofTables.values()]
  }
}

/** What reads of some tables must see. */
class TablesFit<Pool extends NodePool> implements Fit<Pool> {
  readonly level = 'session'
  readonly #ground: Ground<Pool>
  readonly #footings: readonly Footing[]

  constructor(ground: Ground<Pool>, footings: readonly Footing[]) {
    this.#ground = ground
    this.#footings = footings
  }

  prepare(): void {
    this.#ground.prepareAll(this.#footings)
  }

  allows(node: Node<Pool>): boolean {
    return this.#ground.allowsAll(this.#footings, node)
  }

  get preferred(): string | undefined {
    return this.#ground.preferred
  }

  learn(waitMs: number): Promise<boolean> {
    return this.#ground.learnAll(this.#footings, waitMs)
  }

  isHopeless(node: Node<Pool>, waitMs: number): boolean {
    return this.#ground.isHopeless(node, waitMs)
  }

  get isAheadOfPrimary(): boolean {
    return this.#ground.isAhead(this.#footings)
  }

  get wanted(): string | undefined {
    const position = latestOf(this.#footings)
    return position === undefined ? undefined : positionText(position)
  }
}

function latestOf(footings: Iterable<Footing>): Position | undefined {
  let latest: Position | undefined
  for (const { position } of footings) if (position !== undefined) latest = later(latest, position)
  return latest
}

/** For the end of a request: longer than an answer takes, shorter than anybody notices. */
const SETTLE_MS = 50
