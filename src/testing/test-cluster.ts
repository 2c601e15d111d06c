import { rmSync } from 'node:fs'
import { OperationError } from './errors.js'
import type { Gate } from './gate.js'
import type { Reaper } from './reaper.js'
import { rebuild, rewind } from './rejoin.js'
import type { StopMode } from './server.js'
import { slotOf } from './settings.js'
import { until } from './sql.js'
import type { TestNode } from './test-node.js'

export interface TestClusterParts {
  readonly folder: string
  readonly reaper: Reaper
  readonly nodes: readonly TestNode[]
  readonly hasRewind: boolean
  readonly major: number
}

type Name = string

/** A real primary with real streaming standbys, in a temporary folder. `await using` stops it. */
export class TestCluster implements AsyncDisposable {
  /** In the order of their names: the first primary, then `replica-1`, …; the names stay when roles change. */
  readonly nodes: readonly TestNode[]
  /** The PostgreSQL that runs here: 14 to 18. */
  readonly major: number
  readonly #parts: TestClusterParts
  #primary: TestNode
  #stopping: Promise<void> | undefined

  /** @internal */
  constructor(parts: TestClusterParts) {
    this.nodes = parts.nodes
    this.major = parts.major
    this.#parts = parts
    this.#primary = parts.nodes[0] as TestNode
  }

  /** The node that takes writes now. */
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
    throw new OperationError(
      'find a node',
      `none is called ${name}; there are ${this.nodes.map((it) => it.name).join(', ')}`,
    )
  }

  /** Without a name: ends the cluster and leaves nothing behind; may be called twice. With one: stops that node. */
  stop(): Promise<void>
  stop(name: Name, mode?: StopMode): Promise<void>
  stop(name?: Name, mode?: StopMode): Promise<void> {
    if (name !== undefined) return this.node(name).stop(mode)
    this.#stopping ??= this.#stopAll()
    return this.#stopping
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  start(name: Name): Promise<void> {
    return this.node(name).start()
  }

  restart(name: Name, mode?: StopMode): Promise<void> {
    return this.node(name).restart(mode)
  }

  freeze(name: Name): void {
    this.node(name).freeze()
  }

  thaw(name: Name): void {
    this.node(name).thaw()
  }

  pauseReplay(name: Name): Promise<void> {
    return this.node(name).pauseReplay()
  }

  resumeReplay(name: Name): Promise<void> {
    return this.node(name).resumeReplay()
  }

  lag(name: Name, ms: number): Promise<void> {
    return this.node(name).lag(ms)
  }

  cut(name: Name): void {
    this.node(name).cut()
  }

  halfOpen(name: Name): void {
    this.node(name).halfOpen()
  }

  delay(name: Name, ms: number): void {
    this.node(name).delay(ms)
  }

  heal(name: Name): void {
    this.node(name).heal()
  }

  /**
   * Makes a standby the primary. The old one is not touched: stop it first, unless two primaries are what you want.
   *
   * @param options.follow the other standbys replicate from the new primary. Default true.
   */
  async promote(name: Name, options?: { readonly follow?: boolean }): Promise<void> {
    const node = this.node(name)
    const old = this.#primary
    await node.admin('select pg_catalog.pg_promote(true, 60)')
    // A node that is to be rewound looks for this checkpoint's timeline.
    await node.admin('checkpoint')
    this.#primary = node
    if (options?.follow === false) return
    for (const other of this.nodes) {
      if (other === node || other === old) continue
      await this.#ensureSlot(other)
      ;(other.upstream as Gate).retarget(node.parts.server.port)
    }
  }

  /** Makes a stopped or outdated node a standby of the primary: by `pg_rewind` where it exists, else by a new copy. */
  async rejoin(name: Name): Promise<void> {
    const node = this.node(name)
    if (node === this.#primary) throw new OperationError('rejoin', `${name} is the primary`)
    await node.stop('fast')
    await this.#ensureSlot(node)
    ;(node.upstream as Gate).retarget(this.#primary.parts.server.port)
    await (this.#parts.hasRewind ? rewind(node, this.#primary) : rebuild(node, this.#primary, this.major))
    await node.start()
    await this.#untilStreaming(node)
  }

  /** Resolves when every standby that runs shows all that the primary has written so far. */
  async waitForReplay(timeoutMs?: number): Promise<void> {
    const [row] = await this.#primary.admin<{ lsn: string }>(
      'select pg_catalog.pg_current_wal_insert_lsn()::text as lsn',
    )
    const asks = `select pg_catalog.pg_last_wal_replay_lsn() >= $1::pg_catalog.pg_lsn as done`
    await Promise.all(
      this.replicas
        .filter((node) => node.isRunning)
        .map((node) =>
          until(
            `${node.name} replays ${row?.lsn}`,
            async () => (await node.admin<{ done: boolean }>(asks, [row?.lsn]))[0]?.done,
            (done) => done === true,
            timeoutMs,
          ),
        ),
    )
  }

  /** Names of the nodes whose server says that it ran this very text, since `forgetStatements`. Sorted. */
  async nodesThatRan(text: string): Promise<string[]> {
    return this.nodes
      .filter((node) => node.statements().includes(text))
      .map((node) => node.name)
      .sort()
  }

  forgetStatements(): void {
    for (const node of this.nodes) node.forgetStatements()
  }

  /** @internal */
  async untilAllStream(): Promise<void> {
    await Promise.all(this.replicas.map((node) => this.#untilStreaming(node)))
  }

  async #untilStreaming(node: TestNode): Promise<void> {
    const slot = slotOf(node.name)
    const ask = () =>
      this.#primary.admin<{ state: string }>(
        'select state from pg_catalog.pg_stat_replication where application_name = $1',
        [slot],
      )
    await until(`${node.name} streams`, ask, (rows) => rows.some((row) => row.state === 'streaming'))
  }

  async #ensureSlot(node: TestNode): Promise<void> {
    await this.#primary.admin(
      `select pg_catalog.pg_create_physical_replication_slot($1, true)
       where not exists (select from pg_catalog.pg_replication_slots where slot_name = $1)`,
      [slotOf(node.name)],
    )
  }

  async #stopAll(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop('immediate')))
    await Promise.all(this.nodes.flatMap((node) => [node.parts.gate?.close(), node.parts.upstreamGate.close()]))
    rmSync(this.#parts.folder, { recursive: true, force: true, maxRetries: 5 })
    await this.#parts.reaper.dismiss()
  }
}
