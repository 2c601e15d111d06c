import { channel } from 'node:diagnostics_channel'
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
import type { NodeView, View } from '../model/view.js'
import { fencedAmong, type Known, NOTHING_KNOWN } from '../routing/fencing.js'
import type { Need } from '../routing/need.js'
import { refusalsIn } from '../routing/policy.js'
import { PrimaryReadBudget } from './budget.js'
import { CatalogueLoader } from './catalogue-loader.js'
import { Choices } from './choices.js'
import type { Call, Errand } from './errand.js'
import { History } from './history.js'
import { Hold } from './hold.js'
import { Node, type NodeCounts, type NodeParts } from './node.js'
import { Router } from './router.js'
import type { Session } from './session.js'
import { type MakeCache, Statements } from './statements.js'
import { Watch } from './watch.js'

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
  readonly #nodes: ReadonlyMap<string, Node<Pool>>
  readonly #watches: ReadonlyMap<string, Watch<Pool>>
  readonly #catalogue: CatalogueLoader
  readonly #router: Router<Pool>
  readonly #driver: Driver<Pool>
  readonly #clock: Clock
  readonly #budget: PrimaryReadBudget
  readonly #histories = new Map<string | undefined, History<Pool>>()
  readonly #known = new Map<string | undefined, Known>()
  readonly #moments = countingMoments()
  readonly #hold: Hold
  #view: View = { version: 0, nodes: [] }
  #choices: Choices<Pool> | undefined
  /** Every node has answered once, or failed to. Before that, nobody can tell an old primary from the present one. */
  #isSettled = false
  #state: 'new' | 'running' | 'closed' = 'new'

  constructor(parts: ClusterParts<Pool>) {
    const { config, driver, dialect, clock } = parts
    this.config = config
    this.#driver = driver
    this.#clock = clock
    this.#budget = new PrimaryReadBudget(config.primaryReads, clock)
    this.#hold = new Hold({
      clock,
      most: config.maxHeldWrites,
      publish: this.#publish,
      isThere: (what, shard) => this.#isThere(what, shard),
      search: () => {
        for (const watch of this.#watches.values()) watch.search()
      },
    })
    const lists = { readFunctions: new Set(config.readFunctions), writeFunctions: new Set(config.writeFunctions) }
    this.statements = new Statements(dialect, lists, parts.makeCache)
    this.#nodes = this.#openNodes(driver)
    this.#watches = this.#makeWatches(parts)
    for (const { shard } of config.nodes) this.#histories.set(shard, this.#makeHistory(shard))
    this.#router = this.#makeRouter(parts)
    this.#catalogue = new CatalogueLoader(this.statements, () => this.#primary(), {
      clock,
      dialect,
      publish: this.#publish,
      refreshMs: config.catalogueRefreshMs,
      timeoutMs: Math.max(config.probe.timeoutMs, CATALOGUE_TIMEOUT_MS),
      wantsTables: config.consistencyScope === 'tables',
    })
    this.#look()
  }

  get view(): View {
    return this.#view
  }

  get nodes(): ReadonlyMap<string, Node<Pool>> {
    return this.#nodes
  }

  get isClosed(): boolean {
    return this.#state === 'closed'
  }

  /** Begins to watch the nodes. Called by the first statement, so that a pool nobody uses opens no connection. */
  start(): void {
    if (this.#state !== 'new') return
    this.#state = 'running'
    for (const watch of this.#watches.values()) watch.start()
    this.#catalogue.start()
  }

  /**
   * Waits until one node is known to be there: at once, as a rule.
   *
   * @throws {NoReplicaError} no node at all could be reached; names each, and why.
   */
  async ready(): Promise<void> {
    this.start()
    if (this.#view.nodes.some((node) => node.health.state === 'up')) return
    await this.#askAll(this.config.acquireTimeoutMs)
    if (this.#view.nodes.some((node) => canServe(node.health))) return
    throw new NoReplicaError('no node can be reached', refusalsIn(this.#view, 'replica', undefined))
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
      [...this.#nodes.values()].some((node) => node.role !== 'replica' && node.pool.unfinished > 0)
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
      nodes: [...this.#nodes.values()].map((node) => this.#statsOf(node)),
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
    for (const watch of this.#watches.values()) watch.stop()
    await Promise.all([...this.#nodes.values()].map((node) => node.pool.close()))
  }

  readonly #publish: Publish = (name, message) => {
    const subscribed = CHANNELS[name]
    if (subscribed.hasSubscribers) subscribed.publish(message)
    ;(this.events as EventEmitter).emit(name, message)
  }

  #openNodes(driver: Driver<Pool>): ReadonlyMap<string, Node<Pool>> {
    const nodes = new Map<string, Node<Pool>>()
    for (const config of this.config.nodes) {
      const lost = () => void this.#watches.get(config.name)?.askNow()
      const progressed: NodeParts['progressed'] = (sample, status, wasReplica) => {
        const node = nodes.get(config.name)
        if (node === undefined || node !== this.#writerOf(config.shard)) return
        this.#histories.get(config.shard)?.heard(sample, status, wasReplica)
      }
      const changed = () => this.#look()
      const nextVersion = () => this.#view.version + 1
      const parts = { clock: this.#clock, publish: this.#publish, changed, nextVersion, lost, progressed }
      nodes.set(config.name, new Node(config, driver, parts))
    }
    return nodes
  }

  #makeWatches(parts: ClusterParts<Pool>): ReadonlyMap<string, Watch<Pool>> {
    const ejectFor = (node: Node, failures: number) => parts.ejectMs(node.config.ejectMs, failures)
    const { clock, dialect } = parts
    const { probe } = parts.config
    const judge = (error: unknown) => this.judge(error)
    const watchParts = { clock, dialect, moments: this.#moments, publish: this.#publish, judge, probe, ejectFor }
    return new Map([...this.#nodes].map(([name, node]) => [name, new Watch(node, watchParts)]))
  }

  #makeHistory(shard: string | undefined): History<Pool> {
    return new History({
      clock: this.#clock,
      moments: this.#moments,
      staleAfterMs: ROUNDS_MISSED * this.config.probe.everyMs,
      primary: () => this.#writerOf(shard),
      node: (name) => this.#nodes.get(name),
      askPosition: (node) => this.#askPosition(node, 'next'),
      askSoon: (node) => this.#watches.get(node.name)?.position.soon(),
    })
  }

  /** The one primary whose position counts: with several, no position of one covers the writes of another. */
  #writerOf(shard: string | undefined): Node<Pool> | undefined {
    const writers = this.#choices?.of(shard)?.primaries.nodes ?? []
    return writers.length === 1 ? writers[0] : undefined
  }

  async #askPosition(node: Node<Pool>, which: 'next' | 'nextAnswer'): Promise<void> {
    await this.#watches.get(node.name)?.position[which]()
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
      view: () => this.#view,
      choices: () => this.#choices ?? new Choices(this.#view, this.#nodes),
      node: (name) => this.#nodes.get(name),
      historyOf: (shard) => this.#histories.get(shard) ?? this.#makeHistory(shard),
      askPosition: (node) => this.#askPosition(node, 'nextAnswer'),
      reportFailure: (node, judgement, error) => this.#reportFailure(node, judgement, error),
      askAll: (timeoutMs, isEnough) => this.#askAll(timeoutMs, isEnough),
      isSettled: () => this.#isSettled,
      hold: this.#hold,
      mayHavePrimary: (shard) => this.#mayHavePrimary(shard),
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

  /** Swaps in a new picture of the nodes. The only place where the view changes. */
  #look(): void {
    const version = this.#view.version + 1
    // The first node speaks while the others are still being made: there is nothing to see yet.
    if (this.#nodes === undefined) return
    const views = [...this.#nodes.values()].map((node) => node.view())
    this.#fence(views)
    this.#view = { version, nodes: views.map((it) => ({ ...it, fence: this.#nodes.get(it.name)?.fence })) }
    this.#choices = new Choices(this.#view, this.#nodes)
    this.#isSettled ||= [...this.#nodes.values()].every((it) => it.wasAsked)
    this.#hold.viewChanged()
  }

  /** Whoever says that it is the primary, and is not: what was known of the cluster before counts too. */
  #fence(views: readonly NodeView[]): void {
    for (const shard of new Set(views.map((it) => it.shard))) {
      const its = views.filter((it) => it.shard === shard && it.health.state !== 'draining')
      const { fences, known } = fencedAmong(its, this.#known.get(shard) ?? NOTHING_KNOWN)
      this.#known.set(shard, known)
      for (const { name } of its) this.#nodes.get(name)?.setFence(fences.get(name))
    }
  }

  #primary(): Node<Pool> | undefined {
    const primary = this.#view.nodes.find(
      (node) => node.role === 'primary' && node.health.state !== 'down' && node.fence === undefined,
    )
    return primary === undefined ? undefined : this.#nodes.get(primary.name)
  }

  #reportFailure(node: Node<Pool>, judgement: Judgement, error: Error): void {
    const opinion = node.config.isConnectionError?.(error)
    const failure = opinion === undefined ? judgement.failure : opinion ? 'connect-failed' : 'statement'
    const watch = this.#watches.get(node.name)
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

  /**
   * Waits until every node has answered or failed to, or until what is known then is enough, but not longer than `timeoutMs`.
   * Keeps the process alive.
   */
  async #askAll(timeoutMs: number, isEnough: () => boolean = () => false): Promise<void> {
    const answers = [...this.#watches.values()].map((watch) => watch.askNow())
    await new Promise<void>((resolve) => {
      const timer = this.#clock.after(timeoutMs, resolve, { waitedFor: true })
      const stop = () => {
        timer.stop()
        resolve()
      }
      for (const answer of answers) void answer.then(() => isEnough() && stop())
      void Promise.all(answers).then(stop)
    })
  }

  #isThere(what: 'primary' | 'any', shard: string | undefined): boolean {
    const choices = this.#choices?.of(shard)
    if (choices === undefined) return false
    return choices.primaries.nodes.length > 0 || (what === 'any' && choices.replicas.nodes.length > 0)
  }

  /** Whether it makes sense to wait for a primary: there is a cluster, it may have one, and it is not our mistake that it has none. */
  #mayHavePrimary(shard: string | undefined): boolean {
    const its = this.#view.nodes.filter((it) => it.shard === shard)
    const isOursToMend = ({ health }: NodeView) =>
      (health.state === 'down' || health.state === 'probing') && this.judge(health.cause).failure === 'misconfigured'
    const able = its.filter((it) => it.configured !== 'replica' || it.role === 'primary' || it.promotedIn > 0)
    return its.some((it) => this.#nodes.get(it.name)?.hasAnswered) && able.some((it) => !isOursToMend(it))
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

/** One channel for each event, made once: without subscribers it costs a property read. */
const CHANNELS = {
  routed: channel('sluice:routed'),
  nodeWentDown: channel('sluice:nodeWentDown'),
  nodeCameUp: channel('sluice:nodeCameUp'),
  writesHeld: channel('sluice:writesHeld'),
  writesReleased: channel('sluice:writesReleased'),
  nodeFenced: channel('sluice:nodeFenced'),
  nodeChangedRole: channel('sluice:nodeChangedRole'),
  statementRetried: channel('sluice:statementRetried'),
  readFellBack: channel('sluice:readFellBack'),
  statementMisjudged: channel('sluice:statementMisjudged'),
  sessionStateUndone: channel('sluice:sessionStateUndone'),
  catalogueFailed: channel('sluice:catalogueFailed'),
  connectionLost: channel('sluice:connectionLost'),
  readWasAhead: channel('sluice:readWasAhead'),
  positionLost: channel('sluice:positionLost'),
  tokenRefused: channel('sluice:tokenRefused'),
  positionUnknown: channel('sluice:positionUnknown'),
} as const satisfies Record<keyof ClusterEvents, unknown>
