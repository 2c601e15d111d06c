import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { serverOwner } from '../../../src/replication/postgresql/programs/owner.js'
import { freePort } from '../../../src/replication/postgresql/programs/ports.js'
import { eventually } from '../pool.js'

const run = promisify(execFile)

/** Where the distribution keeps PostgreSQL, and what comes with it. */
export const BIN_DIR = '/usr/lib/postgresql/15/bin'

/** Programs that run for a test, with their data in a folder of their own, as the user that PostgreSQL may run as. */
export class Daemons {
  readonly folder: string
  readonly #owner = serverOwner(['postgres', 'nobody'])
  readonly #running = new Map<string, ChildProcess>()

  constructor(name: string) {
    this.folder = mkdtempSync(join(tmpdir(), `${name}-`))
    chmodSync(this.folder, 0o755)
    this.#own(this.folder)
  }

  get user(): string {
    return this.#owner?.name ?? process.env['USER'] ?? ''
  }

  path(name: string): string {
    return join(this.folder, name)
  }

  /** A file that the programs can read. */
  write(name: string, text: string, mode = 0o600): string {
    const path = this.path(name)
    writeFileSync(path, text)
    chmodSync(path, mode)
    this.#own(path)
    return path
  }

  /** Runs a program to its end. @returns what it says. */
  async run(program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
    try {
      const { stdout, stderr } = await run(program, [...args], this.#as(env))
      return `${stdout}${stderr}`
    } catch (error) {
      const { stdout = '', stderr = '', message } = error as Error & { stdout?: string; stderr?: string }
      throw new Error(`${message}\n${stdout}${stderr}`)
    }
  }

  /** Starts one that goes on. What it says is in `NAME.log`. */
  start(name: string, program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): void {
    const log = openSync(this.path(`${name}.log`), 'a')
    const child = spawn(program, args, { ...this.#as(env), stdio: ['ignore', log, log] })
    this.#running.set(name, child)
  }

  /** Ends one, and waits for it. */
  async end(name: string, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.#running.get(name)
    this.#running.delete(name)
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const over = once(child, 'exit')
    child.kill(signal)
    const giveUp = setTimeout(() => child.kill('SIGKILL'), 20_000)
    await over
    clearTimeout(giveUp)
  }

  log(name: string, lines = 30): string {
    const path = this.path(`${name}.log`)
    return existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(-lines).join('\n') : '(no log)'
  }

  /** A crash of the server in this folder: none of its processes has a word to say. */
  async crash(dataDir: string): Promise<void> {
    const pid = pidIn(dataDir)
    if (pid === undefined) return
    kill(pid, 'SIGKILL')
    await eventually(
      () => existsSync(`/proc/${pid}`),
      (it) => !it,
    )
  }

  /** All of them, in the order in which they were started; then servers that are left in the folders, and the folder. */
  async stop(dataDirs: readonly string[] = []): Promise<void> {
    for (const name of [...this.#running.keys()]) await this.end(name)
    for (const dataDir of dataDirs) await this.crash(dataDir)
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
  }

  #own(path: string): void {
    if (this.#owner !== undefined) chownSync(path, this.#owner.uid, this.#owner.gid)
  }

  #as(env: Readonly<Record<string, string>>) {
    const its = {
      ...process.env,
      HOME: this.folder,
      PATH: `${BIN_DIR}:${process.env['PATH']}`,
      LC_ALL: 'C.UTF-8',
      ...env,
    }
    const user = this.#owner === undefined ? {} : { uid: this.#owner.uid, gid: this.#owner.gid }
    return { cwd: this.folder, env: its, ...user }
  }
}

export async function freePorts(count: number): Promise<readonly number[]> {
  const ports: number[] = []
  while (ports.length < count) ports.push(await freePort())
  return ports
}

function pidIn(dataDir: string): number | undefined {
  try {
    return Number(readFileSync(join(dataDir, 'postmaster.pid'), 'utf8').split('\n')[0])
  } catch {
    return undefined
  }
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
