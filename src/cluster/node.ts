import type { Clock } from '../base/clock.js'
import { ConnectionLostError } from '../base/errors.js'
import type { NodeConfig } from '../model/config.js'
import type { Demand, Driver, NodePool } from '../model/driver.js'
import type { Publish } from '../model/events.js'
import type { Fence, Lineal } from '../model/fence.js'
import { canStep, type Health } from '../model/health.js'
import type { NodeStatus } from '../model/node-status.js'
import type { Position, Sample } from '../model/position.js'
import type { TopologyNode } from '../model/topology.js'
import type { Load, NodeView, Progress, Role } from '../model/view.js'
import { fenceText } from '../routing/fencing.js'
import { WarmUp } from './warm-up.js'

/** Counted over the life of the pool, for `stats()`. */
export interface NodeCounts {
  /** Statements and transactions that this node ended well. */
  served: number
  failed: number
  /** Of those that failed, the ones that the caller saw nothing of. */
  retriedElsewhere: number
  /** Times the node went from up to down. */
  ejections: number
  /** Times it was asked where it stands, beside the rounds of health. */
  positionQuestions: number
}

interface LiveLoad extends Load {
  inFlight: number
  latencyMs: number
}

interface LiveProgress extends Progress {
  position: Position | undefined
  moment: number
  life: number
}

/** When a question was asked. */
export interface Asked {
  readonly moment: number
  readonly askedMs: number
}

export interface NodeParts {
  readonly clock: Clock
  readonly publish: Publish
  /** Called after every change of health or role. */
  readonly changed: () => void
  /** The version of the view that will show the next change. */
  readonly nextVersion: () => number
  readonly slowStartMs: number
  /** Whether others serve already. */
  readonly comesToOthers: () => boolean
  /** An idle connection broke. */
  readonly lost: () => void
  /** It has said where it stands. `wasReplica`: before, in the same life of its server. */
  readonly progressed: (sample: Sample, status: NodeStatus, wasReplica: boolean) => void
}

/** How often what waits is counted while a node is emptied. */
const DRAIN_POLL_MS = 20

/** How much one statement moves the mean: about the last twenty count. */
const LATENCY_WEIGHT = 0.1

/** One node: its connections, and what this process has learned of it. Nothing else changes either. */
export class Node<Pool extends NodePool = NodePool> {
  readonly config: NodeConfig
  readonly name: string
  readonly pool: Pool
  readonly counts: NodeCounts = { served: 0, failed: 0, retriedElsewhere: 0, ejections: 0, positionQuestions: 0 }
  readonly #load: LiveLoad = { inFlight: 0, latencyMs: 0 }
  readonly #progress: LiveProgress = { position: undefined, moment: 0, life: 1 }
  readonly #parts: NodeParts
  #status: NodeStatus | undefined
  #wasReplicaInThisLife = false
  /** Survives the loss of the node, unlike its status: an old primary is known by it. */
  #history: Lineal | undefined
  #isReceiving: boolean | undefined
  #receivedTimeline: number | undefined
  #isReadOnly: boolean | undefined
  #fence: Fence | undefined
  #wasAsked = false
  #gone: Promise<void> | undefined
  #isVouchedFor = false
  #takesReads = true
  #weight: number
  readonly #warmUp: WarmUp
  #hasAnswered = false
  #readInThisLife: Demand | undefined
  #health: Health = { state: 'unknown' }
  #role: Role
  #promotedIn = 0
  #hasSaidReplica = false

  constructor(config: NodeConfig, driver: Driver<Pool>, parts: NodeParts) {
    this.config = config
    this.name = config.name
    this.#role = config.role
    this.#weight = config.weight
    this.#warmUp = new WarmUp(parts.clock, parts.slowStartMs, () => parts.changed())
    this.#parts = parts
    this.pool = driver.open(config, {
      roleReported: (role) => this.setRole(role),
      idleConnectionLost: (error) => {
        parts.publish('connectionLost', { node: config.name, error })
        this.forget()
        parts.lost()
      },
      monitorConnectionLost: () => {
        this.forget()
        parts.lost()
      },
    })
  }

  get health(): Health {
    return this.#health
  }

  get role(): Role {
    return this.#role
  }

  /** Where it stands, as it said last. Changed in place. */
  get progress(): Progress {
    return this.#progress
  }

  /** What it said of itself last, in full. */
  get status(): NodeStatus | undefined {
    return this.#status
  }

  view(): NodeView {
    const { name, address, zone, shard, role: configured } = this.config
    const weight = this.#weight * this.#warmUp.share
    const known = {
      role: this.#role,
      health: this.#health,
      promotedIn: this.#promotedIn,
      history: this.#history,
      isReceiving: this.#role === 'replica' ? this.#isReceiving : undefined,
      isReadOnly: this.#role === 'primary' && this.#isReadOnly === true,
      isVouchedFor: this.#isVouchedFor,
      takesReads: this.#takesReads,
      fence: this.#fence,
      load: this.#load,
      progress: this.#progress,
    }
    return { name, address, weight, zone, shard, configured, ...known }
  }

  began(): void {
    this.#load.inFlight++
  }

  ended(well: boolean): void {
    this.#load.inFlight--
    if (well) this.counts.served++
    else this.counts.failed++
  }

  took(ms: number): void {
    const mean = this.#load.latencyMs
    this.#load.latencyMs = mean === 0 ? ms : mean + LATENCY_WEIGHT * (ms - mean)
  }

  /** The server has said what it is and where it stands. */
  learned(status: NodeStatus, asked: Asked): void {
    const before = this.#status
    if (before?.startedAt !== undefined && status.startedAt !== before.startedAt) this.#beginLife()
    else if (before?.role === 'replica') this.#wasReplicaInThisLife = true
    this.#status = status
    const isNews = this.#noteHistory(status)
    if (!this.#become(status.role) && isNews) this.#parts.changed()
    if (status.position !== undefined) this.advanced(status.position, status, asked)
  }

  /** @returns whether it is news. */
  #noteHistory({ position, startedAt, isReceiving, receivedTimeline, isReadOnly }: NodeStatus): boolean {
    const isNew = position !== undefined && !isSameHistory(this.#history, { ...position, startedAt })
    if (isNew) this.#history = { system: position.system, timeline: position.timeline, startedAt }
    const isSame = isReceiving === this.#isReceiving && receivedTimeline === this.#receivedTimeline
    if (!isNew && isSame && isReadOnly === this.#isReadOnly) return false
    this.#receivedTimeline = receivedTimeline
    this.#isReceiving = isReceiving
    this.#isReadOnly = isReadOnly
    return true
  }

  /** What a topology says of it now. */
  describe({ isLeader = false, takesReads = true, weight = this.config.weight }: TopologyNode): void {
    if (isLeader === this.#isVouchedFor && takesReads === this.#takesReads && weight === this.#weight) return
    this.#isVouchedFor = isLeader
    this.#takesReads = takesReads
    this.#weight = weight
    this.#parts.changed()
  }

  /** Takes no new work, and is closed when what it has is done. */
  drain(): Promise<void> {
    this.#gone ??= this.#empty()
    return this.#gone
  }

  /** Settles when it is closed, if it is on its way. */
  get gone(): Promise<void> | undefined {
    return this.#gone
  }

  async #empty(): Promise<void> {
    if (this.#health.state !== 'draining') this.#step({ state: 'draining' })
    this.#warmUp.stop()
    // What waits for a connection has been promised one; a pool that is ended forgets those.
    while (this.pool.waiting > 0) {
      await new Promise<void>((resolve) => this.#parts.clock.after(DRAIN_POLL_MS, resolve, { waitedFor: true }))
    }
    await this.pool.close()
  }

  stop(): void {
    this.#warmUp.stop()
  }

  /** It has answered once, or failed to. */
  get wasAsked(): boolean {
    return this.#wasAsked
  }

  noteAsked(): void {
    if (this.#wasAsked) return
    this.#wasAsked = true
    this.#parts.changed()
  }

  /** A replica: which timeline it receives, if it says so. */
  get receivedTimeline(): number | undefined {
    return this.#role === 'replica' ? this.#receivedTimeline : undefined
  }

  /** It is a primary on which our role may write. */
  get takesWrites(): boolean {
    return this.#role === 'primary' && this.#isReadOnly === false
  }

  /** Ever: it is there, and lets us in. */
  get hasAnswered(): boolean {
    return this.#hasAnswered
  }

  get fence(): Fence | undefined {
    return this.#fence
  }

  /** The cluster's judgement: no statement is sent here while it stands, and what is under way is given up. */
  setFence(fence: Fence | undefined): void {
    if (fence === this.#fence) return
    this.#fence = fence
    if (fence === undefined) return
    const why = `${this.name} ${fenceText(fence)}`
    this.pool.abandon('all', new ConnectionLostError(this.name, why))
    this.#parts.publish('nodeFenced', { node: this.name, fence })
  }

  /** It stands here. Further back than before is another life: a server does not forget while it runs. */
  advanced(told: Position, status: NodeStatus, { moment, askedMs }: Asked): void {
    if (moment < this.#progress.moment) return
    const before = this.#progress.position
    if (before !== undefined && (told.system !== before.system || told.lsn < before.lsn)) this.#beginLife()
    const position = onNewestTimeline(told, this.#progress.position)
    this.#progress.position = position
    this.#progress.moment = moment
    this.#parts.progressed({ position, moment, askedMs }, status, this.#wasReplicaInThisLife)
  }

  /** Its server may have been started anew, and a standby may then show less than it did. */
  forget(): void {
    this.#beginLife()
    this.#status = undefined
  }

  /** What a read of this life demands: made once for each. */
  get readInThisLife(): Demand {
    this.#readInThisLife ??= this.#demandOf(this.#progress.life)
    return this.#readInThisLife
  }

  #demandOf(life: number): Demand {
    return { primaryOnly: false, repeatable: true, stillHolds: () => this.#progress.life === life }
  }

  #beginLife(): void {
    this.#progress.position = undefined
    this.#progress.life++
    this.#readInThisLife = undefined
    this.#wasReplicaInThisLife = false
  }

  /**
   * The server has said what it is. A promotion is a server that has said "replica" before: that the configuration
   * called it one proves nothing, and must not draw writes to it.
   */
  setRole(role: Role): void {
    // A promotion begins a new timeline: what it said of its history as a replica does not count any more.
    if (role === 'primary' && role !== this.#role) this.#history = undefined
    this.#become(role)
  }

  /** @returns whether it is something else than before. */
  #become(role: Role): boolean {
    if (role === 'unknown') return false
    const wasReplica = this.#hasSaidReplica
    this.#hasSaidReplica = role === 'replica'
    if (role === this.#role) return false
    const from = this.#role
    this.#role = role
    this.#promotedIn = role === 'primary' && wasReplica ? this.#parts.nextVersion() : 0
    this.#parts.changed()
    this.#parts.publish('nodeChangedRole', { node: this.name, from, to: role })
    return true
  }

  cameUp(): void {
    this.#hasAnswered = true
    if (this.#health.state === 'up' || this.#health.state === 'draining') return
    this.startProbing()
    const before = this.#health
    if (this.#parts.comesToOthers()) this.#warmUp.begin()
    this.#step({ state: 'up' })
    if (before.state !== 'probing') return
    this.#parts.publish('nodeCameUp', { node: this.name, downMs: Math.round(this.#parts.clock.now() - before.sinceMs) })
  }

  /** How often it has failed in a row. */
  get failures(): number {
    return this.#health.state === 'down' || this.#health.state === 'probing' ? this.#health.failures : 0
  }

  /**
   * @param forMs until it is probed again.
   * @param isCounted `false`: it was asked out of turn, because somebody needs a primary, and should not stay out for longer.
   */
  wentDown(cause: Error, forMs: number, isCounted: boolean): void {
    const before = this.#health
    if (before.state === 'draining' || before.state === 'down') return
    this.forget()
    const failures = isCounted || this.failures === 0 ? this.failures + 1 : this.failures
    if (before.state === 'probing') return this.#step({ ...before, state: 'down', failures, cause })
    this.counts.ejections++
    this.#step({ state: 'down', sinceMs: this.#parts.clock.now(), failures, cause })
    this.#parts.publish('nodeWentDown', { node: this.name, cause, failures, forMs: Math.round(forMs) })
  }

  startProbing(): void {
    const before = this.#health
    if (before.state !== 'down') return
    this.#step({ ...before, state: 'probing' })
  }

  #step(to: Health): void {
    if (!canStep(this.#health.state, to.state)) {
      throw new Error(`${this.name} cannot go from ${this.#health.state} to ${to.state}`)
    }
    this.#health = to
    this.#parts.changed()
  }
}

function isSameHistory(one: Lineal | undefined, other: Lineal): boolean {
  return (
    one !== undefined &&
    one.system === other.system &&
    one.timeline === other.timeline &&
    one.startedAt === other.startedAt
  )
}

/** Where a standby vouches for its timeline may come and go; the timeline does not. */
function onNewestTimeline(told: Position, before: Position | undefined): Position {
  return before !== undefined && before.timeline > told.timeline ? { ...told, timeline: before.timeline } : told
}
