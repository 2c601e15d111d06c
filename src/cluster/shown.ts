import type { Dialect } from '../model/dialect.js'
import type { NodePool } from '../model/driver.js'
import type { Position } from '../model/position.js'
import { isRunning, type Snapshot } from '../model/snapshot.js'
import { type Lineage, later } from '../routing/lineage.js'
import type { KnownToShow, SeenOnReplicas } from '../routing/seen-on-replicas.js'
import type { Node } from './node.js'
import { PacedQuestion } from './paced-question.js'
import { Witnesses, type WitnessesParts } from './witnesses.js'

export interface ShownParts<Pool extends NodePool> extends WitnessesParts<Pool> {
  readonly dialect: Dialect
  /** How long a server may take to answer. */
  readonly timeoutMs: number
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

/** Transactions that a session has seen, or may have, and that this primary did not show. */
interface Suspects<Pool extends NodePool> {
  readonly on: Node<Pool>
  readonly ids: readonly bigint[]
  /** Replicas have told which they are. `false`: of some of what was seen none could tell. */
  readonly areTold: boolean
}

/** Transactions that had not ended on a primary, asked for at this moment. */
interface Unfinished<Pool extends NodePool> {
  readonly on: Node<Pool>
  readonly ids: readonly bigint[]
  readonly moment: number
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
  readonly #witnesses: Witnesses<Pool>
  readonly #snapshotQuestion: PacedQuestion
  readonly #unfinishedQuestion: PacedQuestion
  readonly #replicaQuestions = new WeakMap<Node<Pool>, PacedQuestion>()
  readonly #verdicts = new WeakMap<Node<Pool>, Verdict<Pool>>()
  readonly #since = new Map<string, { readonly life: number; readonly moment: number }>()
  #snapshot: (Snapshot & { readonly moment: number; readonly on: Node<Pool> }) | undefined
  #unfinished: Unfinished<Pool> | undefined
  #upTo: Position | undefined

  constructor(parts: ShownParts<Pool>) {
    this.#parts = parts
    this.#witnesses = new Witnesses(parts)
    this.#snapshotQuestion = this.#paced(() => this.#askSnapshot())
    this.#unfinishedQuestion = this.#paced(() => this.#askUnfinished())
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
   * Waits until the primary shows what the session has seen by now, and forgets that. As long as no replica can tell what
   * that was, it may be of any transaction that has not ended on the primary.
   *
   * @returns `false`: it did not within `waitMs`, or nobody answered.
   */
  async waitFor(seen: SeenOnReplicas, waitMs: number): Promise<boolean> {
    const { clock, moments, primary } = this.#parts
    const since = moments.next()
    const untilMs = clock.now() + waitMs
    let suspects: Suspects<Pool> | undefined
    for (let asked = 0; ; asked++) {
      // Whoever becomes it will be asked then.
      if (primary() === undefined) return true
      // What another primary did not show has no meaning for this one.
      if (suspects === undefined || suspects.on !== primary()) suspects = await this.#suspectsOf(seen, since)
      else if (!suspects.areTold) suspects = await this.#toldBetter(suspects, seen, since)
      if (suspects !== undefined && this.#haveEnded(suspects)) {
        seen.forget(since)
        return true
      }
      if (clock.now() >= untilMs) return false
      await this.#askAgain(asked)
    }
  }

  /** `undefined`: one of those asked did not answer. */
  async #suspectsOf(seen: SeenOnReplicas, since: number): Promise<Suspects<Pool> | undefined> {
    const told = await this.#toldOf(seen, since)
    if (told === undefined || told.areTold) return told
    await this.#unfinishedQuestion.next()
    const unfinished = this.#unfinished
    if (unfinished?.on !== told.on || unfinished.moment < since) return undefined
    return { ...told, ids: [...told.ids, ...unfinished.ids] }
  }

  /** A replica may have come so far by now. If none has, transactions that have begun meanwhile are no suspects. */
  async #toldBetter(before: Suspects<Pool>, seen: SeenOnReplicas, since: number): Promise<Suspects<Pool>> {
    const told = await this.#toldOf(seen, since)
    return told?.areTold ? told : before
  }

  /** Of what the session has seen: the commits that the primary does not show, as far as replicas can tell. */
  async #toldOf(seen: SeenOnReplicas, since: number): Promise<Suspects<Pool> | undefined> {
    const { nodes, isWhole } = await this.#witnesses.of(seen)
    await this.#snapshotQuestion.next()
    const snapshot = this.#snapshot
    if (snapshot === undefined || snapshot.moment < since) return undefined
    const verdicts = await Promise.all(nodes.map((node) => this.#verdictOf(node, since)))
    if (verdicts.some((it) => it?.on !== snapshot.on)) return undefined
    return { on: snapshot.on, ids: verdicts.flatMap((it) => it?.pending ?? []), areTold: isWhole }
  }

  /** `undefined`: it did not answer. */
  async #verdictOf(node: Node<Pool>, since: number): Promise<Verdict<Pool> | undefined> {
    await this.#replicaQuestionOf(node).next()
    const verdict = this.#verdicts.get(node)
    return verdict === undefined || verdict.moment < since ? undefined : verdict
  }

  #haveEnded({ on, ids }: Suspects<Pool>): boolean {
    const snapshot = this.#snapshot
    return snapshot?.on === on && !ids.some((id) => isRunning(id, snapshot))
  }

  async #askAgain(asked: number): Promise<void> {
    const { clock } = this.#parts
    const pauseMs = Math.min(asked * PAUSE_GROWS_MS, LONGEST_PAUSE_MS)
    if (pauseMs > 0) await new Promise<void>((resolve) => clock.after(pauseMs, resolve, { waitedFor: true }))
    await this.#snapshotQuestion.next()
  }

  async #askSnapshot(): Promise<void> {
    const { dialect } = this.#parts
    await this.#askPrimary(dialect.snapshotQuery, ([row], on, moment) => {
      this.#snapshot = { ...dialect.snapshotOf(row), moment, on }
    })
  }

  async #askUnfinished(): Promise<void> {
    const { dialect } = this.#parts
    const snapshot = this.#snapshot
    if (snapshot === undefined) return
    await this.#askPrimary(dialect.unfinishedQuery, (rows, on, moment) => {
      this.#unfinished = { ids: dialect.unfinishedOf(rows, snapshot), moment, on }
    })
  }

  /** Never rejects. What a failure says of the node's health is left to the questions about that. */
  async #askPrimary(
    text: string,
    note: (rows: readonly unknown[], on: Node<Pool>, moment: number) => void,
  ): Promise<void> {
    const { timeoutMs, moments } = this.#parts
    const on = this.#parts.primary()
    if (on === undefined) return
    const moment = moments.next()
    try {
      note(await on.pool.ask(text, timeoutMs), on, moment)
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
