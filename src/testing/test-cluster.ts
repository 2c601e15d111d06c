import { OperationError } from '../replication/postgresql/errors.js'
import type { Reaper } from '../replication/postgresql/programs/reaper.js'
import { positionToReplay } from './position.js'
import { makeStandbyOf } from './rejoin.js'
import type { StopMode } from './server.js'
import { slotOf } from './settings.js'
import { query, until, withClient } from './sql.js'
import type { TestNode } from './test-node.js'
import { together } from './together.js'

export interface TestClusterParts {
  readonly reaper: Reaper
  readonly nodes: readonly TestNode[]
  readonly major: number
}

type Name = string

/** Of a standby's log, in a message. */
const LOG_LINES = 6

/** As PostgreSQL's own default. */
const PROMOTE_TIMEOUT_S = 60

export interface WaitOptions {
  /** Of these nodes only. Default: every standby that runs and is not frozen. */
  readonly nodes?: readonly Name[]
  /** Default 20 s. */
  readonly timeoutMs?: number
}

export interface PromoteOptions {
  /** Whether the other standbys replicate from the new primary from now on. Default `all`. */
  readonly follow?: 'all' | 'none'
}

/**
 * A real primary with real streaming standbys, in a temporary folder. `await using` stops it.
 *
 * Everything that can be done to a node can be done to it here, by its name.
 */
export class TestCluster implements AsyncDisposable {
  /** In the order of their names: the first primary, then `replica-1`, …; the names stay when roles change. */
  readonly nodes: readonly TestNode[]
  /** The PostgreSQL that runs here: 14 to 18. */
  readonly major: number
  readonly #reaper: Reaper
  #primary: TestNode
  #stopping: Promise<void> | undefined

  /** @internal */
  constructor(parts: TestClusterParts) {
    this.nodes = parts.nodes
    this.major = parts.major
    this.#reaper = parts.reaper
    this.#primary = parts.nodes[0] as TestNode
  }

  /** The node that was last made primary. */
  get primary(): TestNode {
    return this.#primary
  }

  /** The others. */
  get replicas(): readonly TestNode[] {
    return this.nodes.filter((node) => node !== this.#primary)
  }

  /** @throws {OperationError} there is none of that name. */
  node(name: Name): TestNode {
    const node = this.nodes.find((it) => it.name === name)
    if (node !== undefined) return node
    const names = this.nodes.map((it) => it.name).join(', ')
    throw new OperationError('find a node', `none is called ${name}; there are ${names}`)
  }

  /** Without a name: ends the cluster and leaves nothing behind; may be called twice. With one: stops that node. */
  stop(): Promise<void>
  stop(name: Name, mode?: StopMode): Promise<void>
  async stop(name?: Name, mode?: StopMode): Promise<void> {
    if (name !== undefined) return this.node(name).stop(mode)
    this.#stopping ??= this.#stopAll()
    return this.#stopping
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  async start(name: Name): Promise<void> {
    await this.node(name).start()
  }

  async restart(name: Name, mode?: StopMode): Promise<void> {
    await this.node(name).restart(mode)
  }

  async freeze(name: Name): Promise<void> {
    await this.node(name).freeze()
  }

  async thaw(name: Name): Promise<void> {
    await this.node(name).thaw()
  }

  async pauseReplay(name: Name): Promise<void> {
    await this.node(name).pauseReplay()
  }

  async resumeReplay(name: Name): Promise<void> {
    await this.node(name).resumeReplay()
  }

  async lag(name: Name, ms: number): Promise<void> {
    await this.node(name).lag(ms)
  }

  async cut(name: Name): Promise<void> {
    await this.node(name).cut()
  }

  async halfOpen(name: Name): Promise<void> {
    await this.node(name).halfOpen()
  }

  async delay(name: Name, ms: number): Promise<void> {
    await this.node(name).delay(ms)
  }

  async heal(name: Name): Promise<void> {
    await this.node(name).heal()
  }

  /**
   * Makes a standby the primary, and resolves when it takes writes. The old one is not touched: stop it first, unless
   * two primaries are what you want.
   */
  async promote(name: Name, options: PromoteOptions = {}): Promise<void> {
    const node = this.node(name)
    const old = this.#primary
    if (node === old || !node.isStandby) throw new OperationError(`promote ${name}`, 'it is a primary')
    node.mustAnswer('promote')
    await promoted(node)
    // Whoever is wound back to this node looks for the timeline in its last checkpoint.
    await node.admin('checkpoint')
    this.#primary = node
    if (options.follow === 'none') return
    const others = this.nodes.filter((other) => other !== node && other !== old)
    await together(others.map((other) => this.#follow(other)))
  }

  /**
   * Makes a node a standby of the primary whatever it was before, and resolves when it streams: an old primary that
   * still runs or has crashed, a standby that fell too far behind. What only this node had is lost.
   */
  async rejoin(name: Name): Promise<void> {
    const node = this.node(name)
    if (node === this.#primary) throw new OperationError(`rejoin ${name}`, 'it is the primary')
    this.#primary.mustAnswer(`rejoin ${name} to`)
    await node.stop('fast')
    await this.#dropLostSlot(node)
    await this.#follow(node)
    await makeStandbyOf(this.#primary, node, this.major)
    await node.start()
    await this.#dropSlots(node)
    await this.waitUntilStreaming({ nodes: [name] })
  }

  /** Resolves when the standbys stream from the primary. */
  async waitUntilStreaming(options: WaitOptions = {}): Promise<void> {
    this.#primary.mustAnswer('wait for standbys of')
    const standbys = this.#standbys(options)
    const names = standbys.map((node) => node.name)
    const explain = () =>
      standbys.map((node) => `\nthe log of ${node.name} ends with:\n${node.log(LOG_LINES)}`).join('')
    const ask = "select application_name as name from pg_catalog.pg_stat_replication where state = 'streaming'"
    await withClient(this.#primary.adminUrl, (client) =>
      until(
        `${names.join(', ')} stream`,
        async () => (await client.query<{ name: string }>(ask)).rows.map((row) => row.name),
        (streaming) => names.every((name) => streaming.includes(name)),
        options.timeoutMs,
        explain,
      ),
    )
  }

  /** Resolves when the standbys show all that the primary has written so far. */
  async waitForReplay(options: WaitOptions = {}): Promise<void> {
    const standbys = this.#standbys(options)
    for (const node of [this.#primary, ...standbys]) node.mustAnswer('wait for')
    const ask = 'select pg_catalog.pg_current_wal_insert_lsn()::text as position'
    const [row] = await query<{ position: string }>(this.#primary.adminUrl, ask)
    const position = positionToReplay(row!.position)
    await together(standbys.map((node) => untilReplayed(node, position, options.timeoutMs)))
  }

  /** Names of the nodes whose server says that it was asked to run this very text, since `forgetStatements`. Sorted. */
  async nodesThatRan(text: string): Promise<string[]> {
    return this.nodes
      .filter((node) => node.statements().includes(text))
      .map((node) => node.name)
      .sort()
  }

  forgetStatements(): void {
    for (const node of this.nodes) node.forgetStatements()
  }

  #standbys({ nodes }: WaitOptions): readonly TestNode[] {
    if (nodes !== undefined) return nodes.map((name) => this.node(name))
    return this.replicas.filter((node) => node.isRunning && !node.isFrozen && node.isStandby)
  }

  async #follow(node: TestNode): Promise<void> {
    await this.#primary.admin(
      `select pg_catalog.pg_create_physical_replication_slot($1, true)
       where not exists (select from pg_catalog.pg_replication_slots where slot_name = $1)`,
      [slotOf(node.name)],
    )
    await node.follow(this.#primary.parts.server.port)
  }

  /** A slot whose log has been given up serves nobody, ever again. */
  async #dropLostSlot(node: TestNode): Promise<void> {
    await this.#primary.admin(
      `select pg_catalog.pg_drop_replication_slot(slot_name) from pg_catalog.pg_replication_slots
       where slot_name = $1 and wal_status = 'lost'`,
      [slotOf(node.name)],
    )
  }

  /** Those it had as a primary: nobody uses them, and they would hold back its log for ever. */
  async #dropSlots(node: TestNode): Promise<void> {
    await node.admin(
      'select pg_catalog.pg_drop_replication_slot(slot_name) from pg_catalog.pg_replication_slots where not active',
    )
  }

  async #stopAll(): Promise<void> {
    const stops = this.nodes.map((node) => node.stop('immediate'))
    const closes = this.nodes.flatMap((node) => [node.parts.gate?.close(), node.parts.upstreamGate?.close()])
    await together([...stops, ...closes.filter((it) => it !== undefined)]).finally(() => this.#reaper.dismiss())
  }
}

async function promoted(node: TestNode): Promise<void> {
  const [row] = await node.admin<{ done: boolean }>(`select pg_catalog.pg_promote(true, ${PROMOTE_TIMEOUT_S}) as done`)
  if (row?.done !== true) throw new OperationError(`promote ${node.name}`, `not within ${PROMOTE_TIMEOUT_S} s`)
}

async function untilReplayed(node: TestNode, position: string, timeoutMs: number | undefined): Promise<void> {
  // One that was never a standby, or is none any more, has nothing to replay.
  const ask = `select not pg_catalog.pg_is_in_recovery()
               or pg_catalog.pg_last_wal_replay_lsn() >= $1::pg_catalog.pg_lsn as done`
  await withClient(node.adminUrl, (client) =>
    until(
      `${node.name} replays ${position}`,
      async () => (await client.query<{ done: boolean }>(ask, [position])).rows[0]?.done,
      (done) => done === true,
      timeoutMs,
    ),
  )
}
