import type { Clock } from '../base/clock.js'
import type { Dialect } from '../model/dialect.js'
import type { NodePool } from '../model/driver.js'
import type { Moments, Position } from '../model/position.js'
import { isRunning, type Snapshot } from '../model/snapshot.js'
import { covers, type Lineage, later } from '../routing/lineage.js'
import type { KnownToShow, ReadThere, SeenOnReplicas } from '../routing/seen-on-replicas.js'
import { catchUp } from './catch-up.js'
import type { Node } from './node.js'
import { PacedQuestion } from './paced-question.js'

export interface ShownParts<Pool extends NodePool> {
  readonly clock: Clock
  readonly moments: Moments
  readonly dialect: Dialect
  /** How long a server may take to answer. */
  readonly timeoutMs: number
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

/** What one replica says of a snapshot of the primary: these show here, and there they do not. */
interface Verdict<Pool extends NodePool> {
  readonly pending: readonly bigint[]
  /** The primary. */
  readonly on: Node<Pool>
  /** When the snapshot was asked for: what was seen before is judged. */
  readonly moment: number
  readonly life: number
  /** How far the replica had come by then. */
  readonly position: Position | undefined
}

/** Transactions that a session has seen, and that this primary did not show. */
interface Pending<Pool extends NodePool> {
  readonly on: Node<Pool>
  readonly ids: readonly bigint[]
}

/**
 * What replicas show and the primary does not yet: commits that wait for a synchronous standby. They are found by asking
 * the primary which transactions have not ended for others, and a replica which of those it shows.
 *
 * All sessions of a process share the questions, and what comes of them.
 */
export class Shown<Pool extends NodePool = NodePool> implements KnownToShow {
  /** The primary has, or has had, synchronous standbys. Others first show a commit there: by microseconds only, else. */
  isNeeded = false
  readonly #parts: ShownParts<Pool>
  readonly #snapshotQuestion: PacedQuestion
  readonly #replicaQuestions = new WeakMap<Node<Pool>, PacedQuestion>()
  readonly #verdicts = new WeakMap<Node<Pool>, Verdict<Pool>>()
  readonly #since = new Map<string, { readonly life: number; readonly moment: number }>()
  #snapshot: (Snapshot & { readonly moment: number; readonly on: Node<Pool> }) | undefined
  #upTo: Position | undefined

  constructor(parts: ShownParts<Pool>) {
    this.#parts = parts
    this.#snapshotQuestion = this.#paced(() => this.#askPrimary())
  }

  readonly sinceOf = (node: string, life: number): number => {
    const known = this.#since.get(node)
    return known?.life === life ? known.moment : 0
  }

  get upTo(): Position | undefined {
    return this.#upTo
  }

  get lineage(): Lineage | undefined {
    return this.#parts.lineage()
  }

  /**
   * Waits until the primary shows what the session has seen by now, and forgets that.
   *
   * @returns `false`: it did not within `waitMs`. Where nobody can tell, because no replica is left that has come so far, what the
   * primary shows must do.
   */
  async waitFor(seen: SeenOnReplicas, waitMs: number): Promise<boolean> {
    const { clock, moments, primary } = this.#parts
    const since = moments.next()
    const untilMs = clock.now() + waitMs
    let pending: Pending<Pool> | undefined
    for (let asked = 0; ; asked++) {
      // Whoever becomes it will be asked then.
      if (primary() === undefined) return true
      // What another primary did not show has no meaning for this one.
      if (pending?.on !== primary()) pending = await this.#pendingOf(seen, since)
      if (pending !== undefined && !this.#isAnyRunning(pending.ids)) {
        seen.forget(since)
        return true
      }
      if (clock.now() >= untilMs) return false
      await this.#askAgain(asked)
    }
  }

  /** Of what the session has seen: the commits that the primary does not show. `undefined`: one of those asked did not answer. */
  async #pendingOf(seen: SeenOnReplicas, since: number): Promise<Pending<Pool> | undefined> {
    const witnesses = await this.#witnessesOf(seen)
    await this.#snapshotQuestion.next()
    const snapshot = this.#snapshot
    if (snapshot === undefined || snapshot.moment < since) return undefined
    const verdicts = await Promise.all(witnesses.map((node) => this.#verdictOf(node, since)))
    if (verdicts.some((it) => it?.on !== snapshot.on)) return undefined
    return { on: snapshot.on, ids: verdicts.flatMap((it) => it?.pending ?? []) }
  }

  /** Of everything that was seen, one replica that has shown it, or has come as far as one that did. */
  async #witnessesOf(seen: SeenOnReplicas): Promise<readonly Node<Pool>[]> {
    const found = new Set<Node<Pool>>()
    let { position } = seen
    let isUnknown = seen.unknownMoment !== 0
    for (const read of seen.reads) {
      if (this.#isPrimaryNow(read)) continue
      const node = this.#livesOn(read)
      if (node === undefined) isUnknown = true
      else found.add(node)
    }
    const bound = isUnknown ? await this.#parts.positionSince(this.#parts.moments.next()) : undefined
    if (bound !== undefined) position = later(position, bound)
    if (position === undefined) return [...found]
    const witness = await this.#oneThatReaches(position)
    return witness === undefined ? [...found] : [...found.add(witness)]
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
    await catchUp(this.#parts.replicas(), { prepare() {}, allows, isHopeless: () => false }, waitMs, {
      clock,
      askPosition,
    })
    return this.#parts.replicas().find(allows)
  }

  /** `undefined`: it did not answer. */
  async #verdictOf(node: Node<Pool>, since: number): Promise<Verdict<Pool> | undefined> {
    await this.#replicaQuestionOf(node).next()
    const verdict = this.#verdicts.get(node)
    return verdict === undefined || verdict.moment < since ? undefined : verdict
  }

  #isAnyRunning(ids: readonly bigint[]): boolean {
    const snapshot = this.#snapshot
    return snapshot !== undefined && ids.some((id) => isRunning(id, snapshot))
  }

  async #askAgain(asked: number): Promise<void> {
    const { clock } = this.#parts
    const pauseMs = Math.min(asked * PAUSE_GROWS_MS, LONGEST_PAUSE_MS)
    if (pauseMs > 0) await new Promise<void>((resolve) => clock.after(pauseMs, resolve, { waitedFor: true }))
    await this.#snapshotQuestion.next()
  }

  /** Never rejects. What a failure says of the node's health is left to the questions about that. */
  async #askPrimary(): Promise<void> {
    const { dialect, timeoutMs, moments } = this.#parts
    const on = this.#parts.primary()
    if (on === undefined) return
    const moment = moments.next()
    try {
      const [row] = await on.pool.ask(dialect.snapshotQuery, timeoutMs)
      this.#snapshot = { ...dialect.snapshotOf(row), moment, on }
    } catch {
      // Nothing is known, then.
    }
  }

  #replicaQuestionOf(node: Node<Pool>): PacedQuestion {
    const known = this.#replicaQuestions.get(node)
    if (known !== undefined) return known
    const question = this.#paced(() => this.#askReplica(node))
    this.#replicaQuestions.set(node, question)
    return question
  }

  /** Never rejects, as `#askPrimary`. */
  async #askReplica(node: Node<Pool>): Promise<void> {
    const { dialect, timeoutMs } = this.#parts
    const snapshot = this.#snapshot
    if (snapshot === undefined) return
    const { life, position, moment: positionMoment } = node.progress
    try {
      const rows = await node.pool.ask(dialect.committedQuery(snapshot), timeoutMs)
      if (node.progress.life !== life) return
      const pending = dialect.committedOf(rows)
      const verdict = { pending, on: snapshot.on, moment: snapshot.moment, life, position }
      this.#verdicts.set(node, verdict)
      if (pending.length === 0) this.#learn(node, verdict, positionMoment)
    } catch {
      // Nothing is known, then.
    }
  }

  /** Nothing that this replica showed when the primary was asked is missing there. */
  #learn(node: Node<Pool>, { moment, life, position }: Verdict<Pool>, positionMoment: number): void {
    this.#since.set(node.name, { life, moment })
    if (position !== undefined && positionMoment < moment) this.#upTo = later(this.#upTo, position)
  }

  /** One at a time: those who come while one is under way share the next. */
  #paced(ask: () => Promise<void>): PacedQuestion {
    return new PacedQuestion({ clock: this.#parts.clock, ask, paceMs: () => 0, soonMs: 0 })
  }
}

/** A commit that waits for long is asked after less and less often. */
const PAUSE_GROWS_MS = 1
const LONGEST_PAUSE_MS = 20
