import { EventEmitter } from 'node:events'
import type { Clock } from '../base/clock.js'
import { ClosedError, NoReplicaError } from '../base/errors.js'
import type { Balancer, BalancerName, PickNode } from '../model/balancer.js'
import type { ClusterConfig } from '../model/config.js'
import type { Dialect } from '../model/dialect.js'
import type { Driver, NodePool } from '../model/driver.js'
import type { ClusterEvents, Publish } from '../model/events.js'
import { canServe } from '../model/health.js'
import type { Classification } from '../model/intent.js'
import type { Judgement } from '../model/judgement.js'
import type { Moments } from '../model/position.js'
import type { Route } from '../model/route.js'
import type { View } from '../model/view.js'
import type { Need } from '../routing/need.js'
import { refusalsIn } from '../routing/policy.js'
import { PrimaryReadBudget } from './budget.js'
import { CatalogueLoader } from './catalogue-loader.js'
import { CHANNELS } from './channels.js'
import type { Call, Errand } from './errand.js'
import { History } from './history.js'
import { Hold } from './hold.js'
import { LiveView } from './live-view.js'
import { Members } from './members.js'
import type { Node, NodeCounts } from './node.js'
import { Router } from './router.js'
import type { Session } from './session.js'
import { type MakeCache, Statements } from './statements.js'

/** The parts that a cluster is made of. Floor 5 brings them together. */
export interface ClusterParts<Pool extends NodePool> {
  readonly config: ClusterConfig
  readonly driver: Driver<Pool>
  readonly dialect: Dialect
  readonly clock: Clock
  /** In [0, 1). */
  readonly random: () => number
  readonly makeBalancer: (choice: BalancerName | PickNode) => Balancer
  readonly makeCache: MakeCache
  /** Milliseconds that a node stays out after this many failures in a row. */
  readonly ejectMs: (baseMs: number, failures: number) => number
}

/** What one node has done, and is doing. */
export interface NodeStats extends Readonly<NodeCounts> {
  readonly node: string
  readonly inFlight: number
  readonly connections: { readonly total: number; readonly idle: number; readonly waiting: number }
  /** How far behind the primary it was when it was last asked; `undefined`: not known. */
  readonly lag: { readonly ms: number; readonly bytes: number } | undefined
}

export interface ClusterStats {
  readonly nodes: readonly NodeStats[]
  /** Statements by the reason for their route. */
  readonly routes: Readonly<Record<string, number>>
  /** Reads on the primary because no replica could serve, now. */
  readonly primaryReads: { readonly inUse: number; readonly waiting: number }
  /** Statements that wait for a primary, or for the end of a pause. */
  readonly held: number
}

/** One primary and its replicas: knows them, watches them, and routes to them. */
export class Cluster<Pool extends NodePool = NodePool> {
  readonly events = new EventEmitter<{ [Name in keyof ClusterEvents]: [ClusterEvents[Name]] }>()
  readonly statements: Statements
  readonly config: ClusterConfig
  readonly #members: Members<Pool>
  readonly #live: LiveView<Pool>
  readonly #catalogue: CatalogueLoader
  readonly #router: Router<Pool>
  readonly #driver: Driver<Pool>
  readonly #dialect: Dialect
  readonly #clock: Clock
  readonly #budget: PrimaryReadBudget
  readonly #histories = new Map<string | undefined, History<Pool>>()
  readonly #moments = countingMoments()
  readonly #hold: Hold
  #state: 'new' | 'running' | 'closed' = 'new'

  constructor(parts: ClusterParts<Pool>) {
    const { config, driver, dialect, clock } = parts
    this.config = config
    this.#driver = driver
    this.#dialect = dialect
    this.#clock = clock
    this.#budget = new PrimaryReadBudget(config.primaryReads, clock)
    const lists = {
      readFunctions: new Set(config.readFunctions),
      writeFunctions: new Set(config.writeFunctions),
      primaryTables: new Set(config.primaryTables),
    }
    this.statements = new Statements(dialect, lists, parts.makeCache)
    this.#live = new LiveView({
      nodes: () => this.#members.nodes,
      leaving: () => this.#members.leaving,
      judge: (error) => this.judge(error),
      changed: () => this.#hold.viewChanged(),
    })
    this.#hold = new Hold({
      clock,
      most: config.maxHeldWrites,
      publish: this.#publish,
      isThere: (what, shard) => this.#live.isThere(what, shard),
      search: () => this.#members.search(),
    })
    this.#members = this.#makeMembers(parts)
    this.#router = this.#makeRouter(parts)
    this.#catalogue = new CatalogueLoader(this.statements, () => this.#live.primary(), {
      clock,
      dialect,
      publish: this.#publish,
      refreshMs: config.catalogueRefreshMs,
      timeoutMs: Math.max(config.probe.timeoutMs, CATALOGUE_TIMEOUT_MS),
      wantsTables: config.consistencyScope === 'tables',
    })
    this.#live.look()
  }

  get view(): View {
    return this.#live.now
  }

  get nodes(): ReadonlyMap<string, Node<Pool>> {
    return this.#members.nodes
  }

  /** Calls it for each node there is, and for each that comes. */
  eachNode(call: (node: Node<Pool>) => void): void {
    this.#members.each(call)
  }

  get isClosed(): boolean {
    return this.#state === 'closed'
  }

  /** Begins to watch the nodes. Called by the first statement, so that a pool nobody uses opens no connection. */
  start(): void {
    if (this.#state !== 'new') return
    this.#state = 'running'
    this.#members.start()
    this.#catalogue.start()
  }

  /**
   * Waits until one node is known to be there: at once, as a rule. While all of a cluster that has answered before are away, it
   * is left to the statements that come to wait.
   *
   * @throws {NoReplicaError} no node at all could be reached, ever; names each, and why.
   */
  async ready(): Promise<void> {
    this.start()
    if (this.view.nodes.some((node) => node.health.state === 'up')) return
    await this.#members.askAll(this.config.acquireTimeoutMs)
    if (this.view.nodes.some((node) => canServe(node.health))) return
    const wasThere = [...this.nodes.values()].some((node) => node.hasAnswered)
    if (wasThere && this.config.holdWritesMs > 0) return
    throw new NoReplicaError('no node can be reached', refusalsIn(this.view, 'replica', undefined))
  }

  /** @throws {ClosedError} */
  run<Result>(errand: Errand<Pool, Result>): Promise<Result> {
    if (this.#state !== 'running') {
      if (this.#state === 'closed') return Promise.reject(new ClosedError('the cluster is closed'))
      this.start()
    }
    try {
      return this.#router.run(errand)
    } catch (error) {
      // A shard that does not exist: whoever called waits for a promise.
      return Promise.reject(error)
    }
  }

  /**
   * Whether replicas show all that the session must see, or will within `waitMs`; sooner `false` where none is likely to.
   *
   * @throws {NoReplicaError} no node at all could be reached.
   * @throws {ClosedError}
   */
  async caughtUp(session: Session, waitMs: number): Promise<boolean> {
    if (this.#state === 'closed') throw new ClosedError('the cluster is closed')
    await this.ready()
    return this.#router.caughtUp(session, waitMs)
  }

  explain(found: Classification, call: Call): Route | undefined {
    return this.#router.explain({ found, call })
  }

  judge(error: unknown): Judgement {
    return this.#driver.judge(error)
  }

  /** On a connection that somebody holds. */
  noteWrite(call: Call): void {
    this.#router.noteWrite(call, undefined)
  }

  /** Asks the node: is it a primary that takes no writes any more? */
  async isReadOnlyNow(node: string): Promise<boolean> {
    await this.#members.watchOf(node)?.askNow()
    return this.view.nodes.some((it) => it.name === node && it.isReadOnly)
  }

  /** Tables, or what binds them together, have been defined anew: what was known of them does not count any more. */
  definitionChanged(): void {
    this.#catalogue.definitionChanged()
  }

  /** What a session has seen on a connection that somebody holds. */
  noteRead(node: Node<Pool>, call: Call): void {
    if (this.#router.levelOf(call, HELD) !== 'eventual')
      this.#router.groundIn(call)?.noteRead(node, node.progress.life, undefined)
  }

  /**
   * Waits until this node, which holds a connection's state, shows what the read must see.
   *
   * @throws {ConsistencyError} it does not, within `waitMs`; the state cannot be had elsewhere.
   */
  catchUpOn(node: Node<Pool>, found: Classification, call: Call): Promise<void> {
    return this.#router.catchUpOn(node, { found, call })
  }

  /** A statement on a connection that somebody holds failed: what does that say of the node? */
  reportFailure(node: Node<Pool>, error: Error): void {
    this.#reportFailure(node, this.judge(error), error)
  }

  /**
   * Holds writes and new transactions from now on, and lets those under way finish. Reads go on.
   *
   * @returns whether all of them have finished within `waitMs`.
   */
  async pause(waitMs: number): Promise<boolean> {
    this.#hold.pause()
    const untilMs = this.#clock.now() + waitMs
    const unfinished = () =>
      [...this.nodes.values()].some((node) => node.role !== 'replica' && node.pool.unfinished > 0)
    while (unfinished() && this.#hold.isPaused) {
      if (this.#clock.now() >= untilMs) return false
      await new Promise<void>((resolve) => this.#clock.after(DRAIN_POLL_MS, resolve, { waitedFor: true }))
    }
    return true
  }

  resume(): void {
    this.#hold.resume()
  }

  publish: Publish = (name, message) => this.#publish(name, message)

  stats(): ClusterStats {
    return {
      nodes: [...this.nodes.values()].map((node) => this.#statsOf(node)),
      routes: { ...this.#router.counts },
      primaryReads: { inUse: this.#budget.inUse, waiting: this.#budget.waiting },
      held: this.#hold.waiting,
    }
  }

  /** Waits for what is under way, then closes every connection. May be called twice. */
  async close(): Promise<void> {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#hold.close()
    this.#catalogue.stop()
    await this.#members.close()
  }

  readonly #publish: Publish = (name, message) => {
    const subscribed = CHANNELS[name]
    if (subscribed.hasSubscribers) subscribed.publish(message)
    ;(this.events as EventEmitter).emit(name, message)
  }

  #makeMembers({ config, driver, dialect, clock, ejectMs }: ClusterParts<Pool>): Members<Pool> {
    return new Members({
      ...{ config, driver, dialect, clock, ejectMs, moments: this.#moments, publish: this.#publish },
      judge: (error) => this.judge(error),
      view: () => this.#live,
      progressed: (node, ...told) => {
        const { shard } = node.config
        if (node === this.#live.writerOf(shard)) this.#historyOf(shard).heard(...told)
      },
    })
  }

  #historyOf(shard: string | undefined): History<Pool> {
    const known = this.#histories.get(shard)
    if (known !== undefined) return known
    const history = this.#makeHistory(shard)
    this.#histories.set(shard, history)
    return history
  }

  #makeHistory(shard: string | undefined): History<Pool> {
    return new History({
      clock: this.#clock,
      moments: this.#moments,
      staleAfterMs: ROUNDS_MISSED * this.config.probe.everyMs,
      primary: () => this.#live.writerOf(shard),
      node: (name) => this.nodes.get(name),
      replicas: () => this.#live.choices.of(shard)?.replicas.nodes ?? [],
      dialect: this.#dialect,
      timeoutMs: this.config.probe.timeoutMs,
      waitMs: this.config.waitMs,
      askPosition: (node) => this.#askPosition(node, 'next'),
      askSoon: (node) => this.#members.watchOf(node.name)?.position.soon(),
    })
  }

  async #askPosition(node: Node<Pool>, which: 'next' | 'nextAnswer'): Promise<void> {
    await this.#members.watchOf(node.name)?.position[which]()
  }

  #makeRouter(parts: ClusterParts<Pool>): Router<Pool> {
    return new Router({
      config: parts.config,
      clock: parts.clock,
      balancer: parts.makeBalancer(parts.config.balancer),
      primaryBalancer: parts.makeBalancer(parts.config.primaryBalancer),
      budget: this.#budget,
      publish: this.#publish,
      isFollowed: () => CHANNELS.routed.hasSubscribers || this.events.listenerCount('routed') > 0,
      judge: (error) => this.judge(error),
      view: () => this.view,
      choices: () => this.#live.choices,
      node: (name) => this.nodes.get(name),
      historyOf: (shard) => this.#historyOf(shard),
      askPosition: (node) => this.#askPosition(node, 'nextAnswer'),
      reportFailure: (node, judgement, error) => this.#reportFailure(node, judgement, error),
      askAll: (timeoutMs, isEnough) => this.#members.askAll(timeoutMs, isEnough),
      isSettled: () => this.#live.isSettled,
      hold: this.#hold,
      mayHavePrimary: (shard) => this.#live.mayHavePrimary(shard),
      livesOn: (node) => this.#members.livesOn(node),
      isAtomic: (found) => this.statements.isAtomic(found),
      noteDefinition: (found) => this.statements.mayDefine(found) && this.definitionChanged(),
      learnRefusal: (text) => this.statements.learnRefusal(text),
    })
  }

  #statsOf(node: Node<Pool>): NodeStats {
    const { total, idle, waiting } = node.pool
    const lag = this.#histories.get(node.config.shard)?.lagOf(node.progress.position)
    return {
      node: node.name,
      inFlight: node.view().load.inFlight,
      connections: { total, idle, waiting },
      lag: lag === undefined ? undefined : { ms: Math.round(lag.ms), bytes: lag.bytes },
      ...node.counts,
    }
  }

  #reportFailure(node: Node<Pool>, judgement: Judgement, error: Error): void {
    const opinion = node.config.isConnectionError?.(error)
    const failure = opinion === undefined ? judgement.failure : opinion ? 'connect-failed' : 'statement'
    const watch = this.#members.watchOf(node.name)
    switch (failure) {
      case 'connect-failed':
      case 'not-accepting':
      case 'misconfigured':
        return watch?.reportFailure(error, true)
      case 'connection-lost':
        return watch?.reportFailure(error, false)
      default:
        return
    }
  }
}

/** After so many rounds without a word of the primary, replicas that have reached its last one are not thought fresh. */
const ROUNDS_MISSED = 2

/** What a held connection runs needs no node to be chosen. */
const HELD: Need = { to: 'replica', node: undefined, reason: 'connection-pinned' }

function countingMoments(): Moments {
  let last = 0
  return { next: () => ++last }
}

/** How often those under way are counted while writes are paused. */
const DRAIN_POLL_MS = 5

/** The catalogue of a large database takes longer than a role. */
const CATALOGUE_TIMEOUT_MS = 10_000
