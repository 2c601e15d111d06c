import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, fchownSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { OperationError } from '../replication/postgresql/errors.js'
import { lastLines, sizeOf, textFrom } from '../replication/postgresql/programs/log-file.js'
import type { Owner } from '../replication/postgresql/programs/owner.js'
import type { Reaper } from '../replication/postgresql/programs/reaper.js'
import { serverEnvironment } from '../replication/postgresql/programs/run-program.js'
import { childrenOf, hasStopped, isAlive, type Process, processOf, send } from './processes.js'

/** How a server is made to stop. `fast`: sessions end, a clean shutdown. `immediate`: a crash. `kill`: SIGKILL. */
export type StopMode = 'fast' | 'immediate' | 'kill'

const SIGNALS: Readonly<Partial<Record<string, NodeJS.Signals>>> = {
  fast: 'SIGINT',
  immediate: 'SIGQUIT',
  kill: 'SIGKILL',
}
const START_TIMEOUT_MS = 30_000
const STOP_TIMEOUT_MS = 30_000
const POLL_MS = 3
const MESSAGE_LINES = 12

export interface ServerOptions {
  readonly name: string
  readonly port: number
  readonly binDir: string
  readonly dataDir: string
  readonly logFile: string
  readonly owner: Owner | undefined
  readonly reaper: Reaper
  /** Called when connections are taken, or at least answered, and when they no longer are. */
  readonly onListening: (isListening: boolean) => Promise<void>
}

/** One `postgres` process: started, watched and stopped by its own process number. */
export class Server {
  readonly #options: ServerOptions
  #child: ChildProcess | undefined
  #isFrozen = false

  constructor(options: ServerOptions) {
    this.#options = options
  }

  get port(): number {
    return this.#options.port
  }

  get isRunning(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null
  }

  get isFrozen(): boolean {
    return this.#isFrozen && this.isRunning
  }

  get pid(): number | undefined {
    return this.isRunning ? this.#child?.pid : undefined
  }

  /** Resolves when the server takes connections. @throws {OperationError} with the end of its log, or if it runs. */
  async start(): Promise<void> {
    if (this.isRunning) throw this.#failure('start', 'it runs already; stop it first, or restart it', '')
    const from = sizeOf(this.#options.logFile)
    const child = this.#spawn()
    this.#child = child
    this.#isFrozen = false
    await this.#untilReady(child, from)
  }

  /** Resolves when the server and all its children have gone. */
  async stop(mode: StopMode): Promise<void> {
    const signal = SIGNALS[mode]
    if (signal === undefined)
      throw this.#failure('stop', `the mode must be ${Object.keys(SIGNALS).join(', ')}, found ${mode}`, '')
    const { pid } = this
    if (pid === undefined) return
    const family = this.#family(pid)
    if (mode !== 'kill') this.thaw()
    process.kill(pid, signal)
    const deadline = performance.now() + STOP_TIMEOUT_MS
    while (this.isRunning || family.some(isAlive)) {
      if (performance.now() > deadline) throw this.#failure('stop', `it still runs after ${STOP_TIMEOUT_MS} ms`, '')
      // Children of a killed server end by themselves when they notice, but frozen ones never would.
      if (mode === 'kill' && !this.isRunning) for (const it of family) send(it, 'SIGKILL')
      await wait(POLL_MS)
    }
    await this.#options.onListening(false)
  }

  /**
   * Stops time for the server and all its children, those included that it was about to have. Settles when each of them
   * has stopped.
   */
  async freeze(): Promise<void> {
    const { pid } = this
    if (pid === undefined) throw this.#failure('freeze', 'it does not run; start it first', '')
    this.#isFrozen = true
    process.kill(pid, 'SIGSTOP')
    const stopped = new Set<number>()
    for (let fresh = childrenOf(pid); fresh.length > 0; ) {
      for (const it of fresh) send(it, 'SIGSTOP')
      for (const it of fresh) stopped.add(it.pid)
      fresh = childrenOf(pid).filter((it) => !stopped.has(it.pid))
    }
    while (this.#isFrozen && !this.#family(pid).every(hasStopped)) await wait(POLL_MS)
  }

  thaw(): void {
    if (!this.#isFrozen) return
    this.#isFrozen = false
    const { pid } = this
    if (pid !== undefined) for (const it of this.#family(pid)) send(it, 'SIGCONT')
  }

  #family(pid: number): readonly Process[] {
    return [processOf(pid), ...childrenOf(pid)]
  }

  #spawn(): ChildProcess {
    const { binDir, dataDir, logFile, owner, port, reaper, onListening } = this.#options
    // Straight into the file, without anybody between: what a server has answered is already in its log.
    const log = openSync(logFile, 'a', 0o600)
    if (owner !== undefined) fchownSync(log, owner.uid, owner.gid)
    const child = spawn(join(binDir, 'postgres'), ['-D', dataDir, '-p', String(port)], {
      ...owner,
      cwd: '/',
      stdio: ['ignore', log, log],
      env: serverEnvironment(),
      // An interrupt from the terminal is for this process alone.
      detached: true,
    })
    closeSync(log)
    if (child.pid !== undefined) reaper.watch(child.pid)
    child.unref()
    // Told by `untilReady`, which finds no process.
    child.on('error', () => undefined)
    // A gate that cannot close has been closed for good.
    child.on('exit', () => void onListening(false).catch(() => undefined))
    return child
  }

  async #untilReady(child: ChildProcess, from: number): Promise<void> {
    const deadline = performance.now() + START_TIMEOUT_MS
    let isListening = false
    for (;;) {
      const log = textFrom(this.#options.logFile, from)
      if (!isListening && log.includes('listening on IPv4 address')) {
        isListening = true
        await this.#options.onListening(true)
      }
      if (/database system is ready to accept (read-only )?connections/.test(log)) return
      if (child.pid === undefined) throw this.#failure('start', 'no process could be started', log)
      const code = child.exitCode ?? child.signalCode
      if (code !== null) throw this.#failure('start', `it ended with ${code}`, log)
      if (performance.now() > deadline) throw this.#failure('start', `not ready within ${START_TIMEOUT_MS} ms`, log)
      await wait(POLL_MS)
    }
  }

  #failure(step: string, why: string, log: string): OperationError {
    const end = log === '' ? '' : `; its log ends with:\n${lastLines(log, MESSAGE_LINES)}`
    return new OperationError(`${step} ${this.#options.name}`, `${why}${end}`)
  }
}
