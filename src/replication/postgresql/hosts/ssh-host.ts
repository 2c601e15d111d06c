import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { ClosedError } from '../../../base/errors.js'
import { HostError, type HostFailure, HostLockedError } from '../errors.js'
import type { Host, HostLock } from '../host.js'
import { type Output, quoteShell, type RunOptions, type Script } from '../script.js'
import { explainEntry, explainSsh, type SshFailure, type SshTarget, wasConnected } from './ssh-failure.js'
import { remoteCommand } from './ssh-loader.js'
import { NoConnection, SshMaster } from './ssh-master.js'
import { type SshEnd, SshRun, type SshRunOptions } from './ssh-run.js'

export interface SshHostOptions {
  /** As `ssh` takes it: `admin@db1`, or a name of `~/.ssh/config`, with all that it says there. */
  readonly destination: string
  /** Another file than `~/.ssh/config`: `ssh -F`. */
  readonly configFile?: string
  /** For `sudo`, where it wants one. It travels by standard input, when `sudo` asks. */
  readonly sudoPassword?: string
  /** Who scripts for `server` run as. Default `postgres`. */
  readonly serverUser?: string
  /** Milliseconds for a connection. Default 10 000: a machine that is there takes one in less. */
  readonly connectTimeoutMs?: number
  /**
   * Milliseconds of silence after which either end takes the other for gone: a run fails here, its script is ended there.
   * Default 15 000: a line that comes back sooner is not given up. Seconds count, at least 3.
   */
  readonly silentAfterMs?: number
}

const DEFAULT_TIMEOUT_MS = 60_000

/** A machine reached with the system's own OpenSSH client, so that its configuration, agents and jump hosts work. */
export class SshHost implements Host {
  readonly name: string
  readonly #destination: string
  readonly #configFile: string | undefined
  readonly #password: string | undefined
  readonly #serverUser: string
  readonly #silentAfterMs: number
  readonly #args: readonly string[]
  readonly #master: SshMaster
  #isClosed = false

  constructor(options: SshHostOptions) {
    const { destination, connectTimeoutMs = 10_000, silentAfterMs = 15_000 } = options
    this.name = destination
    this.#destination = destination
    this.#configFile = options.configFile
    this.#password = options.sudoPassword
    this.#serverUser = options.serverUser ?? 'postgres'
    this.#silentAfterMs = silentAfterMs
    this.#args = [...this.#configOptions, ...settings(connectTimeoutMs, silentAfterMs), '--', destination]
    this.#master = new SshMaster(this.#args, connectTimeoutMs + silentAfterMs)
  }

  async run(script: Script, options: RunOptions = {}): Promise<Output> {
    const { timeoutMs = DEFAULT_TIMEOUT_MS } = options
    const startedMs = performance.now()
    await this.#connect(timeoutMs, options.signal)
    const leftMs = Math.max(1, timeoutMs - (performance.now() - startedMs))
    const end = await this.#start(script, { ...options, timeoutMs: leftMs }).ended
    return end.how === 'ran' ? end.output : this.#fail(end, script, timeoutMs)
  }

  /**
   * Held by a process there that lives on this connection: it ends when we do, when the machine does, or when the line is
   * silent for too long. As root, so that it does not matter as whom one comes in.
   */
  async lock(path: string, holder: string): Promise<HostLock> {
    await this.#connect(DEFAULT_TIMEOUT_MS)
    const script: Script = { as: 'root', text: lockScript(path), input: holder }
    let late: NodeJS.Timeout | undefined
    const answer = await new Promise<{ said: string; run: SshRun }>((resolve, reject) => {
      const onLine = (line: string, from: 'stdout' | 'stderr') => from === 'stdout' && resolve({ said: line, run })
      const run = this.#start(script, { onLine, timeoutMs: undefined })
      late = setTimeout(() => void run.end(), DEFAULT_TIMEOUT_MS)
      run.ended.then((end) => this.#failLock(end, script)).catch(reject)
    }).finally(() => clearTimeout(late))
    if (answer.said === HELD) return this.#held(answer.run)
    const end = await answer.run.ended
    const who = end.how === 'ran' ? end.output.stdout.split('\n').slice(1).join('\n').trim() : ''
    throw new HostLockedError(this.name, who || 'somebody')
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#master.close()
  }

  /** Arguments of `ssh` that let a person run a command there, in a terminal if they are in one. */
  callArgs(command: string): readonly string[] {
    return [process.stdin.isTTY === true ? '-t' : '-T', ...this.#configOptions, '--', this.#destination, command]
  }

  /** Where `ssh` goes: the `HostName` of its configuration. */
  async hostname(): Promise<string> {
    return (await this.#target()).hostname
  }

  #held(run: SshRun): HostLock {
    const [lost, released] = [new AbortController(), new AbortController()]
    void run.ended.then(() => {
      if (!released.signal.aborted) lost.abort(this.#error('lost', 'the lock was lost with the connection'))
    })
    const release = async () => {
      released.abort()
      await run.end()
    }
    return { lost: lost.signal, release }
  }

  #start(script: Script, options: Omit<SshRunOptions, 'password' | 'patienceMs'>): SshRun {
    const password = script.as === 'login' ? undefined : this.#password
    const command = remoteCommand(script.as, this.#serverUser, password !== undefined)
    const args = [...this.#master.sharing, ...this.#args, command]
    return new SshRun(args, script, { ...options, password, patienceMs: this.#silentAfterMs })
  }

  async #connect(timeoutMs: number, signal?: AbortSignal): Promise<void> {
    if (this.#isClosed) throw new ClosedError(`${this.name} was closed`)
    try {
      await within(this.#master.open(), timeoutMs, signal)
    } catch (error) {
      if (signal?.aborted) throw this.#error('aborted', 'given up before there was a connection')
      if (!(error instanceof NoConnection)) throw this.#error('not-reached', `no connection within ${timeoutMs} ms`)
      if (error.cause !== undefined) throw noSsh(this.name, error.cause as Error)
      throw this.#explained(explainSsh(error.said, await this.#target()), error)
    }
  }

  async #fail(end: Exclude<SshEnd, { how: 'ran' }>, script: Script, timeoutMs: number): Promise<never> {
    switch (end.how) {
      case 'no-ssh':
        throw noSsh(this.name, end.error)
      case 'lost':
        throw this.#lost()
      case 'given-up': {
        const what = end.why === 'aborted' ? 'given up' : `not done within ${timeoutMs} ms`
        throw this.#error(
          end.why,
          `${what}; ${end.isStopped ? 'the script was ended' : 'whether it was ended is not known'}`,
        )
      }
      case 'not-begun': {
        if (end.code === null || (end.code === 255 && wasConnected(end.said))) throw this.#lost()
        const target = await this.#target()
        const user = { login: target.user, root: 'root', server: this.#serverUser }[script.as]
        if (end.code === 255) throw this.#explained(explainSsh(end.said, target))
        throw this.#explained(explainEntry(end.said, end.prompts, user, target))
      }
      default:
        throw end satisfies never
    }
  }

  async #failLock(end: SshEnd, script: Script): Promise<void> {
    if (end.how !== 'ran') await this.#fail(end, script, DEFAULT_TIMEOUT_MS)
    else if (end.output.code !== 0) throw this.#error('no-right', `no lock could be taken: ${end.output.stderr.trim()}`)
  }

  #lost(): HostError {
    return this.#error('lost', 'the connection was lost while a script ran; it was ended, or will be')
  }

  #explained({ failure, what, hint }: SshFailure, cause?: Error): HostError {
    return new HostError(this.name, failure, what, cause === undefined ? { hint } : { hint, cause })
  }

  #error(failure: HostFailure, what: string): HostError {
    return new HostError(this.name, failure, what)
  }

  get #configOptions(): readonly string[] {
    return this.#configFile === undefined ? [] : ['-F', this.#configFile]
  }

  /** Where `ssh` goes with this destination; it asks no network. */
  async #target(): Promise<SshTarget> {
    const args = ['-G', ...this.#configOptions, '--', this.#destination]
    const said = await promisify(execFile)('ssh', args).catch(() => ({ stdout: '' }))
    const value = (name: string) => new RegExp(`^${name} (.*)$`, 'm').exec(said.stdout)?.[1]
    return {
      destination: this.#destination,
      options: this.#configOptions.map(quoteShell).join(' '),
      hostname: value('hostname') ?? this.#destination,
      port: value('port') ?? '22',
      user: value('user') ?? this.#destination,
    }
  }
}

/** Before the user's own configuration, which may say more, but not less. */
function settings(connectTimeoutMs: number, silentAfterMs: number): readonly string[] {
  const options = {
    BatchMode: 'yes',
    StrictHostKeyChecking: 'yes',
    ConnectTimeout: Math.ceil(connectTimeoutMs / 1000),
    // A shared connection to a machine that has gone would hang for as long as TCP tries. More often than a run sends a
    // sign of life: OpenSSH before 9 looks only when nothing was sent for so long.
    ServerAliveInterval: Math.max(1, Math.floor(silentAfterMs / 5000)),
    ServerAliveCountMax: 3,
    ClearAllForwardings: 'yes',
    ForwardAgent: 'no',
    RemoteCommand: 'none',
    PermitLocalCommand: 'no',
  }
  return ['-T', ...Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`])]
}

const HELD = 'held'

function lockScript(path: string): string {
  const file = quoteShell(path)
  return `mkdir -p "$(dirname ${file})"
exec 9>>${file}
if flock -n 9; then
  cat >${file}
  echo ${HELD}
  exec sleep infinity
fi
echo locked
cat ${file}`
}

function noSsh(host: string, cause: Error): HostError {
  const hint = 'install the OpenSSH client: Debian package openssh-client'
  return new HostError(host, 'not-reached', `ssh cannot be started: ${cause.message}`, { hint, cause })
}

/** @throws an error that is nobody's, when the time is over or it was aborted. */
function within<T>(work: Promise<T>, timeoutMs: number, signal: AbortSignal | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    const over = () => reject(new Error('over'))
    if (signal?.aborted) over()
    // Not AbortSignal.timeout() within AbortSignal.any(): Node.js 20 collects that timer, which then never ends.
    const timer = setTimeout(over, timeoutMs)
    signal?.addEventListener('abort', over, { once: true })
    const settled = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', over)
    }
    work.then(resolve, reject).finally(settled)
  })
}
