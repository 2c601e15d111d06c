import { chmodSync, chownSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Gate } from './gate.js'
import type { Owner } from './owner.js'
import type { Server, StopMode } from './server.js'
import { HBA_FILE, type NodeSettings, settingsFile } from './settings.js'
import { query, until } from './sql.js'
import { statementsIn } from './statement-log.js'

/** What a node needs to know of its cluster. */
export interface TestNodeParts {
  readonly name: string
  readonly server: Server
  readonly owner: Owner | undefined
  readonly dataDir: string
  readonly logFile: string
  /** Between the node and its clients; `undefined`: they reach it directly. */
  readonly gate: Gate | undefined
  /** Between the node and whatever it replicates from. */
  readonly upstreamGate: Gate
  readonly urlAt: (port: number) => string
  readonly adminUrlAt: (port: number) => string
}

/** One server of a test cluster, with everything that can be done to it. */
export class TestNode {
  readonly name: string
  /** @internal */
  readonly parts: TestNodeParts
  #logFrom = 0

  constructor(parts: TestNodeParts) {
    this.name = parts.name
    this.parts = parts
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

  get port(): number {
    return this.parts.gate?.port ?? this.parts.server.port
  }

  get isRunning(): boolean {
    return this.parts.server.isRunning
  }

  get dataDir(): string {
    return this.parts.dataDir
  }

  /** Stops the server: `fast` ends sessions and shuts down cleanly, `immediate` is a crash, `kill` is SIGKILL. */
  stop(mode: StopMode = 'fast'): Promise<void> {
    return this.parts.server.stop(mode)
  }

  start(): Promise<void> {
    return this.parts.server.start()
  }

  async restart(mode: StopMode = 'fast'): Promise<void> {
    await this.stop(mode)
    await this.start()
  }

  /** Stops time for the server: connections stay open, and nothing answers. */
  freeze(): void {
    this.parts.server.freeze()
  }

  thaw(): void {
    this.parts.server.thaw()
  }

  /** A standby goes on receiving, and shows nothing new. */
  async pauseReplay(): Promise<void> {
    await this.admin('select pg_catalog.pg_wal_replay_pause()')
    const state = async () =>
      (await this.admin<{ state: string }>('select pg_catalog.pg_get_wal_replay_pause_state() as state'))[0]?.state
    await until(`${this.name} pauses`, state, (it) => it === 'paused')
  }

  async resumeReplay(): Promise<void> {
    await this.admin('select pg_catalog.pg_wal_replay_resume()')
  }

  /** A standby shows each commit so much later; 0 ends it. By the clock of the commit, not of its arrival. */
  async lag(ms: number): Promise<void> {
    await this.admin(`alter system set recovery_min_apply_delay = '${Math.round(ms)}ms'`)
    await this.admin('select pg_catalog.pg_reload_conf()')
    const value = async () =>
      (
        await this.admin<{ ms: string }>(
          "select setting as ms from pg_catalog.pg_settings where name = 'recovery_min_apply_delay'",
        )
      )[0]?.ms
    await until(`${this.name} lags`, value, (it) => Number(it) === Math.round(ms))
  }

  /** Connections through the node's gate break, and new ones are refused. */
  cut(): void {
    this.#gate().cut()
  }

  /** Connections stay, new ones open, and not a byte passes. */
  halfOpen(): void {
    this.#gate().halfOpen()
  }

  /** Every byte takes so much longer, in each direction. */
  delay(ms: number): void {
    this.#gate().delay(ms)
  }

  /** All passes again, in front of the node and between it and its upstream. */
  heal(): void {
    this.parts.gate?.heal()
    this.parts.upstreamGate.heal()
  }

  /** The same kinds of trouble, between this standby and what it replicates from. */
  get upstream(): Pick<Gate, 'cut' | 'heal' | 'delay' | 'halfOpen' | 'state'> {
    return this.parts.upstreamGate
  }

  /** Runs a statement as superuser, past the gate. */
  admin<Row extends Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<Row[]> {
    return query<Row>(this.adminUrl, text, values)
  }

  async isPrimary(): Promise<boolean> {
    const [row] = await this.admin<{ standby: boolean }>('select pg_catalog.pg_is_in_recovery() as standby')
    return row?.standby === false
  }

  /** Every statement that the server itself says it ran, in order, since the last `forgetStatements`. */
  statements(): readonly string[] {
    return statementsIn(readFileSync(this.parts.logFile).subarray(this.#logFrom).toString())
  }

  forgetStatements(): void {
    this.#logFrom = existsSync(this.parts.logFile) ? statSync(this.parts.logFile).size : 0
  }

  /** The end of the server's log. */
  log(lines = 40): string {
    return readFileSync(this.parts.logFile, 'utf8').trimEnd().split('\n').slice(-lines).join('\n')
  }

  /** @internal Writes what makes this copy of the template this node. */
  configure(settings: NodeSettings): void {
    const { dataDir } = this.parts
    this.#write('sluice.conf', settingsFile(settings))
    this.#write('pg_hba.conf', HBA_FILE)
    const main = join(dataDir, 'postgresql.conf')
    const include = "include 'sluice.conf'\n"
    const text = readFileSync(main, 'utf8')
    if (!text.endsWith(include)) this.#write('postgresql.conf', `${text}\n${include}`)
  }

  /** @internal */
  becomeStandby(): void {
    this.#write('standby.signal', '')
  }

  /** @internal */
  clearDataDir(): void {
    rmSync(this.parts.dataDir, { recursive: true, force: true })
  }

  #gate(): Gate {
    if (this.parts.gate !== undefined) return this.parts.gate
    throw new Error(`${this.name} has no gate: the cluster was started with gates: false`)
  }

  #write(name: string, text: string): void {
    const file = join(this.parts.dataDir, name)
    writeFileSync(file, text, { mode: 0o600 })
    chmodSync(file, 0o600)
    if (this.parts.owner !== undefined) chownSync(file, this.parts.owner.uid, this.parts.owner.gid)
  }
}
