import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, existsSync, fchownSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Binaries } from './binaries.js'
import { OperationError } from './errors.js'
import type { Owner } from './owner.js'

/** How a server is made to stop. `fast`: sessions end, a clean shutdown. `immediate`: a crash. `kill`: SIGKILL. */
export type StopMode = 'fast' | 'immediate' | 'kill'

const SIGNALS = { fast: 'SIGINT', immediate: 'SIGQUIT', kill: 'SIGKILL' } as const
const START_TIMEOUT_MS = 30_000
const STOP_TIMEOUT_MS = 30_000
const POLL_MS = 3

export interface ServerFiles {
  readonly dataDir: string
  readonly logFile: string
}

/** One `postgres` process: started, watched and stopped by its own process id. */
export class Server {
  readonly port: number
  readonly #binaries: Binaries
  readonly #owner: Owner | undefined
  readonly #files: ServerFiles
  #process: ChildProcess | undefined
  #isFrozen = false

  constructor(port: number, binaries: Binaries, owner: Owner | undefined, files: ServerFiles) {
    this.port = port
    this.#binaries = binaries
    this.#owner = owner
    this.#files = files
  }

  get binDir(): string {
    return this.#binaries.binDir
  }

  get isRunning(): boolean {
    return this.#process !== undefined && this.#process.exitCode === null && this.#process.signalCode === null
  }

  get pid(): number | undefined {
    return this.isRunning ? this.#process?.pid : undefined
  }

  /** Resolves when the server takes connections. @throws {OperationError} with the end of its log. */
  async start(): Promise<void> {
    if (this.isRunning) return
    const log = openSync(this.#files.logFile, 'a')
    if (this.#owner !== undefined) fchownSync(log, this.#owner.uid, this.#owner.gid)
    const from = readFileSync(this.#files.logFile).length
    const child = spawn(join(this.#binaries.binDir, 'postgres'), ['-D', this.#files.dataDir, '-p', String(this.port)], {
      ...this.#owner,
      cwd: '/',
      stdio: ['ignore', log, log],
      env: { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' },
    })
    closeSync(log)
    child.unref()
    this.#process = child
    this.#isFrozen = false
    await this.#untilReady(child, from)
  }

  /** Resolves when the server and all its children have gone. */
  async stop(mode: StopMode): Promise<void> {
    const child = this.#process
    if (child === undefined || !this.isRunning || child.pid === undefined) return
    const family = [child.pid, ...childrenOf(child.pid)]
    if (mode !== 'kill') this.thaw()
    send(child.pid, SIGNALS[mode])
    const deadline = Date.now() + STOP_TIMEOUT_MS
    while (this.isRunning || family.some(isAlive)) {
      if (Date.now() > deadline)
        throw new OperationError('stop', `the server did not stop within ${STOP_TIMEOUT_MS} ms`)
      // Children of a killed server end by themselves when they notice; frozen ones cannot.
      if (mode === 'kill' && !this.isRunning) for (const pid of family) send(pid, 'SIGKILL')
      await wait(POLL_MS)
    }
    this.#process = undefined
  }

  /** Stops time for the server and all its children. */
  freeze(): void {
    this.#isFrozen = true
    for (const pid of this.#family()) send(pid, 'SIGSTOP')
  }

  thaw(): void {
    if (!this.#isFrozen) return
    this.#isFrozen = false
    for (const pid of this.#family()) send(pid, 'SIGCONT')
  }

  #family(): readonly number[] {
    const { pid } = this
    return pid === undefined ? [] : [pid, ...childrenOf(pid)]
  }

  async #untilReady(child: ChildProcess, from: number): Promise<void> {
    const deadline = Date.now() + START_TIMEOUT_MS
    for (;;) {
      const log = readFileSync(this.#files.logFile).subarray(from).toString()
      if (log.includes('ready to accept connections') || log.includes('ready to accept read-only connections')) return
      if (child.exitCode !== null || child.signalCode !== null) throw new OperationError('start', lastLines(log))
      if (Date.now() > deadline) {
        throw new OperationError('start', `not ready within ${START_TIMEOUT_MS} ms: ${lastLines(log)}`)
      }
      await wait(POLL_MS)
    }
  }
}

/** A port that nobody listens on now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number }
      probe.close(() => resolve(port))
    })
  })
}

function lastLines(log: string): string {
  return log.trim().split('\n').slice(-8).join('\n')
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as { code?: string }).code !== 'ESRCH') throw error
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !isZombie(pid)
  } catch (error) {
    return (error as { code?: string }).code === 'EPERM'
  }
}

/** The third field of `stat`, behind the program's name. */
function isZombie(pid: number): boolean {
  return statOf(pid)?.[0] === 'Z'
}

function childrenOf(parent: number): readonly number[] {
  if (!existsSync('/proc')) return []
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && statOf(pid)?.[1] === String(parent))
}

function statOf(pid: number): readonly string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    // Gone meanwhile, or no such file system.
    return undefined
  }
}
