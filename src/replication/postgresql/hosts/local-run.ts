import { type ChildProcess, spawn } from 'node:child_process'
import type { Writable } from 'node:stream'
import type { Owner } from '../programs/owner.js'
import type { Output, RunOptions, Script } from '../script.js'
import { LineSplitter } from './line-splitter.js'

/** What the script starts must not hold the pipe that it came by. */
const LOADER = 'script=$(cat <&3); exec 3<&-; eval "$script"'
/** How long what was told to end has to do so. */
const GRACE_MS = 2000

export type LocalEnd =
  | { readonly how: 'ran'; readonly output: Output }
  | { readonly how: 'timed-out' | 'aborted' }
  | { readonly how: 'no-bash'; readonly error: Error }

export interface LocalRunOptions extends RunOptions {
  readonly owner: Owner | undefined
  readonly environment: NodeJS.ProcessEnv
  /** Its standard input is left open until `end`. */
  readonly staysOpen?: boolean
}

/** One script in a `bash` of its own, to its end. */
export class LocalRun {
  readonly ended: Promise<LocalEnd>
  readonly #child: ChildProcess
  readonly #said: Record<'stdout' | 'stderr', Buffer[]> = { stdout: [], stderr: [] }
  readonly #timers: NodeJS.Timeout[] = []
  #givenUp: 'timed-out' | 'aborted' | undefined

  constructor(script: Script, options: LocalRunOptions) {
    const { owner, environment, timeoutMs, signal } = options
    // The script comes in by a descriptor of its own: its length has no limit there, and it stands in no list of processes.
    this.#child = spawn('bash', ['--norc', '--noprofile', '-euo', 'pipefail', '-c', LOADER], {
      ...owner,
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
      cwd: '/',
      env: environment,
      // A group of its own, so that all of it can be ended, and an interrupt from the terminal is for us to act upon.
      detached: true,
    })
    this.ended = this.#wait(options)
    this.#send(script, options.staysOpen === true)
    if (timeoutMs !== undefined) this.#timers.push(setTimeout(() => this.#giveUp('timed-out'), timeoutMs))
    const abort = () => this.#giveUp('aborted')
    signal?.addEventListener('abort', abort, { once: true })
    void this.ended.then(() => signal?.removeEventListener('abort', abort))
  }

  /** Ends its input, and waits. */
  end(): Promise<LocalEnd> {
    this.#child.stdin?.end()
    return this.ended
  }

  #send(script: Script, staysOpen: boolean): void {
    const [stdin, text] = [this.#child.stdin, this.#child.stdio[3] as Writable | null]
    // Whoever reads may end first; how it ended is told by its exit code.
    for (const pipe of [stdin, text]) pipe?.on('error', () => undefined)
    text?.end(script.text)
    if (script.input !== undefined) stdin?.write(script.input)
    if (!staysOpen) stdin?.end()
  }

  #wait({ onLine = () => undefined }: RunOptions): Promise<LocalEnd> {
    const splitters = (['stdout', 'stderr'] as const).map((name) => {
      const splitter = new LineSplitter((line) => onLine(line, name))
      this.#child[name]?.on('data', (chunk: Buffer) => {
        this.#said[name].push(chunk)
        splitter.push(chunk)
      })
      return splitter
    })
    return new Promise((resolve) => {
      this.#child.once('error', (error) => resolve({ how: 'no-bash', error }))
      this.#child.once('close', (code, signal) => {
        for (const timer of this.#timers) clearTimeout(timer)
        for (const splitter of splitters) splitter.end()
        resolve(this.#endedWith(code, signal))
      })
    })
  }

  #endedWith(code: number | null, signal: NodeJS.Signals | null): LocalEnd {
    if (this.#givenUp !== undefined) return { how: this.#givenUp }
    const [stdout, stderr] = (['stdout', 'stderr'] as const).map((it) => Buffer.concat(this.#said[it]).toString())
    // As a shell has it.
    const ended = code ?? (signal === 'SIGKILL' ? 137 : 143)
    return { how: 'ran', output: { code: ended, stdout: stdout ?? '', stderr: stderr ?? '' } }
  }

  #giveUp(why: 'timed-out' | 'aborted'): void {
    if (this.#givenUp !== undefined) return
    this.#givenUp = why
    this.#signal('SIGTERM')
    this.#timers.push(setTimeout(() => this.#signal('SIGKILL'), GRACE_MS))
    // What left the group may still hold its output.
    this.#timers.push(setTimeout(() => this.#letGo(), 2 * GRACE_MS))
  }

  #letGo(): void {
    for (const pipe of this.#child.stdio) pipe?.destroy()
  }

  #signal(signal: NodeJS.Signals): void {
    const { pid } = this.#child
    if (pid === undefined) return
    try {
      process.kill(-pid, signal)
    } catch (error) {
      // All of it has gone.
      if ((error as { code?: string }).code !== 'ESRCH') throw error
    }
  }
}
