import type { Clock } from '../base/clock.js'
import type { NodeConfig } from '../model/config.js'
import type { Driver, NodePool } from '../model/driver.js'
import type { Publish } from '../model/events.js'
import { canStep, type Health } from '../model/health.js'
import type { Load, NodeView, Role } from '../model/view.js'

/** Counted over the life of the pool, for `stats()`. */
export interface NodeCounts {
  /** Statements and transactions that this node ended well. */
  served: number
  failed: number
  /** Of those that failed, the ones that the caller saw nothing of. */
  retriedElsewhere: number
  /** Times the node went from up to down. */
  ejections: number
}

interface LiveLoad extends Load {
  inFlight: number
  latencyMs: number
}

/** How much one statement moves the mean: about the last twenty count. */
const LATENCY_WEIGHT = 0.1

/** One node: its connections, and what this process has learned of it. Nothing else changes either. */
export class Node<Pool extends NodePool = NodePool> {
  readonly config: NodeConfig
  readonly name: string
  readonly pool: Pool
  readonly counts: NodeCounts = { served: 0, failed: 0, retriedElsewhere: 0, ejections: 0 }
  readonly #load: LiveLoad = { inFlight: 0, latencyMs: 0 }
  readonly #clock: Clock
  readonly #publish: Publish
  readonly #changed: () => number
  #health: Health = { state: 'unknown' }
  #role: Role
  #promotedIn = 0
  #hasSaidReplica = false

  /** @param changed called after every change of health or role; answers with the version of the view that shows it. */
  constructor(
    config: NodeConfig,
    driver: Driver<Pool>,
    parts: {
      readonly clock: Clock
      readonly publish: Publish
      readonly changed: () => number
      readonly lost: () => void
    },
  ) {
    this.config = config
    this.name = config.name
    this.#role = config.role
    this.#clock = parts.clock
    this.#publish = parts.publish
    this.#changed = parts.changed
    this.pool = driver.open(config, {
      roleReported: (role) => this.setRole(role),
      idleConnectionLost: (error) => {
        parts.publish('connectionLost', { node: config.name, error })
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

  view(): NodeView {
    const { name, address, weight, zone, shard, role: configured } = this.config
    const known = { role: this.#role, health: this.#health, promotedIn: this.#promotedIn, load: this.#load }
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

  /**
   * The server has said what it is. A promotion is a server that has said "replica" before: that the configuration
   * called it one proves nothing, and must not draw writes to it.
   */
  setRole(role: Role): void {
    if (role === 'unknown') return
    const wasReplica = this.#hasSaidReplica
    this.#hasSaidReplica = role === 'replica'
    if (role === this.#role) return
    const from = this.#role
    this.#role = role
    this.#promotedIn = role === 'primary' && wasReplica ? this.#changed() : 0
    this.#changed()
    this.#publish('nodeChangedRole', { node: this.name, from, to: role })
  }

  cameUp(): void {
    if (this.#health.state === 'up') return
    this.startProbing()
    const before = this.#health
    this.#step({ state: 'up' })
    if (before.state !== 'probing') return
    this.#publish('nodeCameUp', { node: this.name, downMs: Math.round(this.#clock.now() - before.sinceMs) })
  }

  /** How often it has failed in a row. */
  get failures(): number {
    return this.#health.state === 'down' || this.#health.state === 'probing' ? this.#health.failures : 0
  }

  /** @param forMs until it is probed again. */
  wentDown(cause: Error, forMs: number): void {
    const before = this.#health
    if (before.state === 'draining' || before.state === 'down') return
    const failures = this.failures + 1
    if (before.state === 'probing') return this.#step({ ...before, state: 'down', failures, cause })
    this.counts.ejections++
    this.#step({ state: 'down', sinceMs: this.#clock.now(), failures, cause })
    this.#publish('nodeWentDown', { node: this.name, cause, failures, forMs: Math.round(forMs) })
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
    this.#changed()
  }
}
