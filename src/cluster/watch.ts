import type { Clock, Timer } from '../base/clock.js'
import { ConnectionLostError } from '../base/errors.js'
import type { ClusterConfig } from '../model/config.js'
import type { Dialect } from '../model/dialect.js'
import type { NodePool } from '../model/driver.js'
import type { Publish } from '../model/events.js'
import type { Judgement } from '../model/judgement.js'
import type { Moments } from '../model/position.js'
import type { Asked, Node } from './node.js'
import { PacedQuestion } from './paced-question.js'

/** What one watch needs beyond its node. */
export interface WatchParts {
  readonly clock: Clock
  readonly dialect: Dialect
  readonly moments: Moments
  readonly publish: Publish
  readonly judge: (error: unknown) => Judgement
  readonly probe: ClusterConfig['probe']
  /** Milliseconds until the next probe of a node that has failed this often in a row. */
  readonly ejectFor: (node: Node, failures: number) => number
}

/** Between two questions for a position: far more often would cost the server, far more seldom the reads that wait. */
const POSITION_PACE_MS = { primary: 2, replica: 1 }
/** Then only its role is asked, until it has been out of service. */
const MOST_REFUSALS = 3
/** How long a question that nobody waits for lets others join. Whoever waits asks at once, so this costs nobody a wait. */
const SOON_MS = 10

/**
 * Keeps asking one node whether it is there and what it is: in a steady rhythm while it is up, after its ejection time
 * while it is down. Only these questions bring a node back; no user's statement is ever the test.
 */
export class Watch<Pool extends NodePool> {
  readonly #node: Node<Pool>
  readonly #parts: WatchParts
  /** Where the node stands, between the rounds: asked by whoever must know now. */
  readonly position: PacedQuestion
  /** How often in a row the server has refused to tell its status. In the midst of a promotion it may, once. */
  #refusals = 0
  #timer: Timer | undefined
  #asking: Promise<void> | undefined
  #lastAnswerMs: number
  #outForMs = 0
  /** The question under way was asked out of turn: its failure says nothing that was not known. */
  #isSearching = false
  #stopped = true

  constructor(node: Node<Pool>, parts: WatchParts) {
    this.#node = node
    this.#parts = parts
    this.position = new PacedQuestion({
      clock: parts.clock,
      ask: () => this.#askPosition(),
      paceMs: () => (node.role === 'primary' ? POSITION_PACE_MS.primary : POSITION_PACE_MS.replica),
      soonMs: SOON_MS,
    })
    this.#lastAnswerMs = parts.clock.now()
  }

  start(): void {
    if (!this.#stopped) return
    this.#stopped = false
    this.#lastAnswerMs = this.#parts.clock.now()
    void this.askNow()
  }

  stop(): void {
    this.#stopped = true
    this.#timer?.stop()
    this.position.stop()
  }

  /** Asks without waiting for the rhythm. Questions that overlap are one. Never rejects: the node's health tells. */
  askNow(): Promise<void> {
    this.#timer?.stop()
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined
      this.#scheduleNext()
    })
    return this.#asking
  }

  /** Asks in search of a primary: as often as it takes, and no failure lets the node stay out for longer. */
  search(): void {
    if (this.#stopped || this.#asking !== undefined) return
    this.#isSearching = true
    void this.askNow().finally(() => {
      this.#isSearching = false
    })
  }

  /** A statement or an idle connection found the node unreachable. */
  reportFailure(cause: Error, isSure: boolean): void {
    if (this.#node.config.neverEject) return
    this.#goDown(cause)
    if (isSure) this.#scheduleNext()
    else void this.askNow()
  }

  async #ask(): Promise<void> {
    const { probe, clock } = this.#parts
    this.#node.startProbing()
    try {
      await this.#askStatus(probe.timeoutMs)
      this.#lastAnswerMs = clock.now()
      if (!this.#stopped) this.#node.cameUp()
    } catch (error) {
      if (!this.#stopped) this.#missed(error as Error)
    }
    this.#node.noteAsked()
  }

  async #askStatus(timeoutMs: number): Promise<void> {
    const { dialect } = this.#parts
    const { pool } = this.#node
    const asked = this.#now()
    if (dialect.statusQuery !== undefined && this.#refusals < MOST_REFUSALS) {
      try {
        const rows = await pool.ask(dialect.statusQuery, timeoutMs)
        this.#refusals = 0
        return this.#node.learned(dialect.statusOf(rows[0]), asked)
      } catch (error) {
        if (this.#parts.judge(error).outcome !== 'refused') throw error
        this.#noteRefusal(error as Error)
      }
    }
    const rows = await pool.ask(dialect.roleQuery, timeoutMs)
    this.#node.setRole(dialect.roleOf(rows[0]))
  }

  /** It answers, so it is well; where it stands is another matter. */
  #noteRefusal(error: Error): void {
    this.#node.forget()
    if (++this.#refusals < MOST_REFUSALS) return
    this.#parts.publish('positionUnknown', { node: this.#node.name, error })
  }

  /** Never rejects. What it says of the node's health is left to the question that follows a failure. */
  async #askPosition(): Promise<void> {
    const { dialect, probe } = this.#parts
    const last = this.#node.status
    if (this.#stopped || this.#refusals >= MOST_REFUSALS) return
    if (last === undefined) return this.askNow()
    const asked = this.#now()
    this.#node.counts.positionQuestions++
    try {
      const rows = await this.#node.pool.ask(dialect.positionQuery, probe.timeoutMs)
      const position = dialect.positionOf(rows[0], last)
      if (position === undefined) return await this.askNow()
      this.#node.advanced(position, last, asked)
    } catch {
      this.#node.forget()
      void this.askNow()
    }
  }

  #now(): Asked {
    return { moment: this.#parts.moments.next(), askedMs: this.#parts.clock.now() }
  }

  /**
   * Silence: reads under way are given up and run elsewhere at once, since that harms nobody. What may have written is
   * left to finish until the node has been silent for so long that waiting is worse than not knowing.
   */
  #missed(cause: Error): void {
    const { probe, clock } = this.#parts
    const { pool, name } = this.#node
    if (!this.#node.config.neverEject) this.#goDown(cause)
    pool.abandon('repeatable', new ConnectionLostError(name, `${name} does not answer: ${cause.message}`, { cause }))
    const silentMs = Math.round(clock.now() - this.#lastAnswerMs)
    if (silentMs < probe.hungAfterMs) return
    pool.abandon('all', new ConnectionLostError(name, `${name} has been silent for ${silentMs} ms`, { cause }))
  }

  #goDown(cause: Error): void {
    this.#refusals = 0
    const isCounted = !this.#isSearching
    this.#outForMs = this.#parts.ejectFor(this.#node, this.#node.failures + (isCounted ? 1 : 0))
    this.#node.wentDown(cause, this.#outForMs, isCounted)
  }

  #scheduleNext(): void {
    if (this.#stopped) return
    this.#timer?.stop()
    this.#timer = this.#parts.clock.after(this.#nextMs(), () => void this.askNow())
  }

  #nextMs(): number {
    return this.#node.health.state === 'down' ? this.#outForMs : this.#parts.probe.everyMs
  }
}
