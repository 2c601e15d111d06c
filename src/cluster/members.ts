import type { Clock } from '../base/clock.js'
import type { ClusterConfig, NodeConfig, TopologyConfig } from '../model/config.js'
import type { Dialect } from '../model/dialect.js'
import type { Driver, NodePool } from '../model/driver.js'
import type { Publish } from '../model/events.js'
import { canServe } from '../model/health.js'
import type { Judgement } from '../model/judgement.js'
import type { Moments } from '../model/position.js'
import type { TopologyNode } from '../model/topology.js'
import { Discovery } from './discovery.js'
import type { LiveView } from './live-view.js'
import { Node, type NodeParts } from './node.js'
import { Watch } from './watch.js'

export interface MembersParts<Pool extends NodePool> {
  readonly config: ClusterConfig
  readonly driver: Driver<Pool>
  readonly dialect: Dialect
  readonly clock: Clock
  readonly moments: Moments
  readonly publish: Publish
  readonly judge: (error: unknown) => Judgement
  readonly ejectMs: (baseMs: number, failures: number) => number
  readonly view: () => LiveView<Pool>
  /** A node has said where it stands. */
  readonly progressed: (node: Node<Pool>, ...told: Parameters<NodeParts['progressed']>) => void
}

type Row = Readonly<Record<string, unknown>>

/** The nodes that there are, each with the watch that asks it: those of the options, and those that a topology finds. */
export class Members<Pool extends NodePool> {
  readonly #parts: MembersParts<Pool>
  readonly #nodes = new Map<string, Node<Pool>>()
  readonly #watches = new Map<string, Watch<Pool>>()
  readonly #leaving = new Set<Node<Pool>>()
  readonly #opened: ((node: Node<Pool>) => void)[] = []
  readonly #discovery: Discovery | undefined
  /** Servers that are none of the cluster's, by their URL. */
  readonly #elsewhere = new Map<string, NodePool>()
  readonly #askedIfAlive = new Map<Node<Pool>, Promise<boolean>>()
  #isRunning = false

  constructor(parts: MembersParts<Pool>) {
    this.#parts = parts
    const { topology } = parts.config
    this.#discovery = topology === undefined ? undefined : this.#makeDiscovery(topology)
    for (const node of parts.config.nodes) this.#open(node)
  }

  get nodes(): ReadonlyMap<string, Node<Pool>> {
    return this.#nodes
  }

  /** Named by the topology no more, and not done yet. */
  get leaving(): Iterable<Node<Pool>> {
    return this.#leaving
  }

  watchOf(node: string): Watch<Pool> | undefined {
    return this.#watches.get(node)
  }

  /** Calls it for each node there is, and for each that comes. */
  each(call: (node: Node<Pool>) => void): void {
    this.#opened.push(call)
    for (const node of this.#nodes.values()) call(node)
  }

  start(): void {
    this.#isRunning = true
    for (const watch of this.#watches.values()) watch.start()
    this.#discovery?.start()
  }

  /** Asks every node, and the topology, out of turn; nobody waits. */
  search(): void {
    void this.#discovery?.lookNow()
    for (const watch of this.#watches.values()) watch.search()
  }

  /**
   * Waits until every node has answered or failed to, or until what is known then is enough, but not longer than `timeoutMs`.
   * Keeps the process alive.
   */
  async askAll(timeoutMs: number, isEnough: () => boolean = () => false): Promise<void> {
    const looked = this.#discovery?.lookNow()
    if (this.#nodes.size === 0) await looked
    const answers = [...this.#watches.values()].map((watch) => watch.askNow())
    await new Promise<void>((resolve) => {
      const timer = this.#parts.clock.after(timeoutMs, resolve, { waitedFor: true })
      const stop = () => {
        timer.stop()
        resolve()
      }
      for (const answer of answers) void answer.then(() => isEnough() && stop())
      void Promise.all(answers).then(stop)
    })
  }

  /**
   * Whether the node lets us in, as what it was, in the same life. Asked once for all that want to know at the same time.
   */
  livesOn(node: Node<Pool>): Promise<boolean> {
    const { dialect, clock, config } = this.#parts
    const asked = this.#askedIfAlive.get(node)
    if (asked !== undefined) return asked
    const { role: asWhat } = node
    const before = node.view().history?.startedAt
    const ask = async () => {
      if (dialect.statusQuery === undefined) return true
      // A connection that is open may not have heard yet that its server is stopping; a new one is refused.
      const [row] = await node.pool.askAtLeisure(dialect.statusQuery, config.probe.timeoutMs)
      const { role, startedAt } = dialect.statusOf(row)
      return role === asWhat && (before === undefined || startedAt === before)
    }
    // A caller waits, and questions of our own keep no process alive.
    const awake = clock.after(config.acquireTimeoutMs, () => undefined, { waitedFor: true })
    const answer = ask()
      .catch(() => false)
      .finally(() => {
        awake.stop()
        this.#askedIfAlive.delete(node)
      })
    this.#askedIfAlive.set(node, answer)
    return answer
  }

  /** Waits for what is under way, then closes every connection. */
  async close(): Promise<void> {
    this.#isRunning = false
    this.#discovery?.stop()
    for (const watch of this.#watches.values()) watch.stop()
    for (const node of this.#nodes.values()) node.stop()
    // Those that are leaving close themselves.
    await Promise.all([...this.#nodes.values()].map((node) => node.pool.close()))
    await Promise.all([...this.#leaving].map((node) => node.gone))
    await Promise.all([...this.#elsewhere.values()].map((pool) => pool.close()))
  }

  #open(config: NodeConfig): Node<Pool> {
    const { name } = config
    const { clock, publish, view, driver, progressed } = this.#parts
    // Where the order decides, weights are that order.
    const { balancer, slowStartMs } = this.#parts.config
    const node: Node<Pool> = new Node(config, driver, {
      ...{ clock, publish, slowStartMs: balancer === 'failover' ? 0 : slowStartMs },
      changed: () => view().look(),
      nextVersion: () => view().now.version + 1,
      comesToOthers: () => view().isSettled && view().now.nodes.some((it) => it.name !== name && canServe(it.health)),
      lost: () => void this.#watches.get(name)?.askNow(),
      progressed: (...told) => progressed(node, ...told),
    })
    this.#nodes.set(name, node)
    this.#watches.set(name, this.#watch(node))
    for (const call of this.#opened) call(node)
    return node
  }

  #watch(node: Node<Pool>): Watch<Pool> {
    const { clock, dialect, moments, publish, judge, ejectMs, config } = this.#parts
    const ejectFor = (its: Node, failures: number) => ejectMs(its.config.ejectMs, failures)
    return new Watch(node, { clock, dialect, moments, publish, judge, probe: config.probe, ejectFor })
  }

  #makeDiscovery(topology: TopologyConfig): Discovery {
    const { clock, publish, config } = this.#parts
    return new Discovery({
      ...{ clock, publish, topology: topology.topology, timeoutMs: config.probe.timeoutMs },
      found: (nodes) => this.#found(nodes, topology),
      surroundings: {
        ask: (text) => this.#askAny(text),
        askAt: (url, text) => this.#askAt(url, topology, text),
      },
    })
  }

  /** What is new is opened, what is gone finishes what it has; those of the options stay. */
  #found(found: readonly TopologyNode[], topology: TopologyConfig): void {
    const staying = new Set(this.#parts.config.nodes.map((it) => it.name))
    const described = found.map((it) => ({ it, config: topology.nodeOf(it) }))
    for (const { it, config } of described) {
      const known = [...this.#nodes.values()].find((node) => node.config.address === config.address)
      const node = known ?? this.#add(this.#nodes.has(config.name) ? { ...config, name: config.address } : config)
      staying.add(node.name)
      node.describe(it)
    }
    for (const node of [...this.#nodes.values()]) if (!staying.has(node.name)) void this.#remove(node)
  }

  #add(config: NodeConfig): Node<Pool> {
    const node = this.#open(config)
    this.#parts.view().look()
    this.#parts.publish('nodeAdded', { node: node.name, address: config.address })
    if (this.#isRunning) this.#watches.get(node.name)?.start()
    return node
  }

  async #remove(node: Node<Pool>): Promise<void> {
    const { publish, view } = this.#parts
    this.#watches.get(node.name)?.stop()
    this.#watches.delete(node.name)
    this.#nodes.delete(node.name)
    this.#leaving.add(node)
    await node.drain()
    this.#leaving.delete(node)
    view().look()
    publish('nodeRemoved', { node: node.name, address: node.config.address })
  }

  /** The primary, where one is known; else the others, until one answers. */
  async #askAny(text: string): Promise<readonly Row[]> {
    const primary = this.#parts.view().primary()
    const others = [...this.#nodes.values()].filter((it) => it !== primary)
    let last: unknown = new Error('there is no node to ask: name one in the options')
    for (const node of primary === undefined ? others : [primary, ...others]) {
      try {
        return await this.#rows(node.pool, text)
      } catch (error) {
        last = error
      }
    }
    throw last
  }

  async #askAt(url: string, topology: TopologyConfig, text: string): Promise<readonly Row[]> {
    const known = this.#elsewhere.get(url)
    if (known !== undefined) return this.#rows(known, text)
    const nobody = () => undefined
    const reports = { roleReported: nobody, idleConnectionLost: nobody, monitorConnectionLost: nobody }
    const pool = this.#parts.driver.open(topology.serverAt(url), reports)
    this.#elsewhere.set(url, pool)
    return this.#rows(pool, text)
  }

  async #rows(pool: NodePool, text: string): Promise<readonly Row[]> {
    return (await pool.ask(text, this.#parts.config.probe.timeoutMs)) as readonly Row[]
  }
}
