import { join } from 'node:path'
import { OperationError } from '../replication/postgresql/errors.js'
import { lastLines, sizeOf, textFrom } from '../replication/postgresql/programs/log-file.js'
import type { Owner } from '../replication/postgresql/programs/owner.js'
import type { Reaper } from '../replication/postgresql/programs/reaper.js'
import { isStandby, writeOwn } from './data-dir.js'
import type { Gate } from './gate.js'
import { mustBeMs } from './milliseconds.js'
import type { Server, StopMode } from './server.js'
import { type NodeSettings, SETTINGS_FILE, settingsText } from './settings.js'
import { query, until } from './sql.js'
import { statementsIn } from './statement-log.js'

/** A piece of network that can be broken on purpose. */
export type Network = Pick<Gate, 'cut' | 'heal' | 'delay' | 'halfOpen' | 'state'>

/** What a node needs to know of its cluster. */
export interface TestNodeParts {
  readonly name: string
  readonly server: Server
  readonly binDir: string
  readonly owner: Owner | undefined
  readonly reaper: Reaper
  readonly dataDir: string
  readonly logFile: string
  /** Between the node and its clients; `undefined`: they reach it directly. */
  readonly gate: Gate | undefined
  /** Between the node and whatever it replicates from; `undefined`: it does so directly. */
  readonly upstreamGate: Gate | undefined
  readonly urlAt: (port: number) => string
  readonly adminUrlAt: (port: number) => string
}

/** One server of a test cluster, with everything that can be done to it. */
export class TestNode {
  /** `primary`, `replica-1`, …: what the node was when the cluster started. It keeps the name whatever its role. */
  readonly name: string
  /** @internal */
  readonly parts: TestNodeParts
  #settings: NodeSettings
  #logFrom = 0

  /** @internal */
  constructor(parts: TestNodeParts, settings: NodeSettings) {
    this.name = parts.name
    this.parts = parts
    this.#settings = settings
  }

  /** For the application: its role, its password, its database, through the node's gate. */
  get url(): string {
    return this.parts.urlAt(this.port)
  }

  /** For the superuser, past the gate. */
  get adminUrl(): string {
    return this.parts.adminUrlAt(this.parts.server.port)
  }

  get host(): string {
    return '127.0.0.1'
  }

  /** Where clients reach the node: its gate's, if it has one. It stays the same through every stop and start. */
  get port(): number {
    return this.parts.gate?.port ?? this.parts.server.port
  }

  /** Is there a server process? A frozen one counts. */
  get isRunning(): boolean {
    return this.parts.server.isRunning
  }

  get isFrozen(): boolean {
    return this.parts.server.isFrozen
  }

  /** The process number of the server, while it runs. */
  get pid(): number | undefined {
    return this.parts.server.pid
  }

  get dataDir(): string {
    return this.parts.dataDir
  }

  /**
   * Stops the server, and waits until all of its processes have gone: `fast` ends sessions and shuts down cleanly,
   * `immediate` is a crash of the server, `kill` is SIGKILL. Of a node that does not run: nothing.
   */
  stop(mode: StopMode = 'fast'): Promise<void> {
    return this.parts.server.stop(mode)
  }

  /** Starts the server at the same address. Resolves when it takes connections. @throws {OperationError} it runs already, or does not start. */
  start(): Promise<void> {
    return this.parts.server.start()
  }

  async restart(mode: StopMode = 'fast'): Promise<void> {
    await this.stop(mode)
    await this.start()
  }

  /** Stops time for the server: connections stay open, new ones are taken by the system, and nothing answers. */
  async freeze(): Promise<void> {
    await this.parts.server.freeze()
  }

  /** Time goes on. Of a node that is not frozen: nothing. */
  async thaw(): Promise<void> {
    this.parts.server.thaw()
  }

  /** A standby goes on receiving, and shows nothing new. Resolves when it has stopped replaying. */
  async pauseReplay(): Promise<void> {
    this.#mustReplay('pause replay of')
    await this.admin('select pg_catalog.pg_wal_replay_pause()')
    // One that waits for a commit's time to come (`lag`) does not say so yet, but looks again before it shows the commit.
    const ask = () =>
      this.#ask(`select coalesce(
        (select wait_event from pg_catalog.pg_stat_activity
         where backend_type = 'startup' and wait_event = 'RecoveryApplyDelay'),
        pg_catalog.pg_get_wal_replay_pause_state())`)
    await until(`${this.name} pauses replay`, ask, (state) => state === 'paused' || state === 'RecoveryApplyDelay')
  }

  async resumeReplay(): Promise<void> {
    this.#mustReplay('resume replay of')
    await this.admin('select pg_catalog.pg_wal_replay_resume()')
  }

  /**
   * A standby shows each commit this long after it happened, by the clock: what was committed longer ago shows at once.
   * 0 ends it. It outlives a restart.
   */
  async lag(ms: number): Promise<void> {
    mustBeMs(`lag ${this.name}`, ms)
    this.#mustReplay('lag')
    const delay = `${ms}ms`
    await this.admin(`alter system set recovery_min_apply_delay = '${delay}'`)
    await this.#reload()
    const ask = () => this.#ask("select setting from pg_catalog.pg_settings where name = 'recovery_min_apply_delay'")
    await until(`${this.name} lags by ${delay}`, ask, (setting) => setting === String(ms))
  }

  /** Connections through the node's gate break, and new ones are refused. */
  async cut(): Promise<void> {
    await this.#gate().cut()
  }

  /** Connections stay, new ones open, and not a byte passes. */
  async halfOpen(): Promise<void> {
    await this.#gate().halfOpen()
  }

  /** Every byte takes so much longer, in each direction. */
  async delay(ms: number): Promise<void> {
    await this.#gate().delay(ms)
  }

  /** All passes again, in front of the node and between it and its upstream. What was half-open breaks. */
  async heal(): Promise<void> {
    await this.parts.gate?.heal()
    await this.parts.upstreamGate?.heal()
  }

  /** The same kinds of trouble, between this node and what it replicates from. @throws {OperationError} without gates. */
  get upstream(): Network {
    return this.parts.upstreamGate ?? this.#refuseGate()
  }

  /** Runs a statement as superuser, past the gate and past `statements()`. */
  admin<Row extends Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<Row[]> {
    return query<Row>(this.adminUrl, text, values)
  }

  /** What the server itself says. */
  async isPrimary(): Promise<boolean> {
    return (await this.#ask('select not pg_catalog.pg_is_in_recovery()')) as boolean
  }

  /** Every statement that the server itself says it was asked to run, in order, since the last `forgetStatements`. */
  statements(): readonly string[] {
    return statementsIn(textFrom(this.parts.logFile, this.#logFrom))
  }

  forgetStatements(): void {
    this.#logFrom = sizeOf(this.parts.logFile)
  }

  /** The end of the server's log. */
  log(lines = 40): string {
    return lastLines(textFrom(this.parts.logFile, 0), lines)
  }

  /** @internal Was it last made a standby, and has not been promoted since? The server itself removes that mark. */
  get isStandby(): boolean {
    return isStandby(this.parts.dataDir)
  }

  /** @internal Writes what makes this copy of the template this node. */
  configure(): void {
    this.#write(SETTINGS_FILE, settingsText(this.#settings))
  }

  /** @internal */
  becomeStandby(): void {
    this.#write('standby.signal', '')
  }

  /** @internal From now on the node replicates from the server at this port, if it is a standby. */
  async follow(port: number): Promise<void> {
    if (this.parts.upstreamGate !== undefined) return this.parts.upstreamGate.retarget(port)
    this.#settings = { ...this.#settings, upstreamPort: port }
    this.configure()
    if (this.isRunning && !this.isFrozen) await this.#reload()
  }

  async #reload(): Promise<void> {
    await this.admin('select pg_catalog.pg_reload_conf()')
  }

  /** @internal @throws {OperationError} nobody would answer. */
  mustAnswer(step: string): void {
    if (!this.isRunning) throw new OperationError(`${step} ${this.name}`, 'it does not run; start it first')
    if (this.isFrozen) throw new OperationError(`${step} ${this.name}`, 'it is frozen; thaw it first')
  }

  #mustReplay(step: string): void {
    this.mustAnswer(step)
    if (!this.isStandby) throw new OperationError(`${step} ${this.name}`, 'it is a primary; only a standby replays')
  }

  /** The first column of the first row. */
  async #ask(text: string): Promise<unknown> {
    return Object.values((await this.admin(text))[0] ?? {})[0]
  }

  #gate(): Gate {
    return this.parts.gate ?? this.#refuseGate()
  }

  #refuseGate(): never {
    throw new OperationError(`break the network of ${this.name}`, 'the cluster was started with gates: false')
  }

  #write(name: string, text: string): void {
    writeOwn(join(this.parts.dataDir, name), text, this.parts.owner)
  }
}
