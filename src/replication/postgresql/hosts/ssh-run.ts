import { type ChildProcess, spawn } from 'node:child_process'
import type { Output, RunOptions, Script } from '../script.js'
import { ENDED_WITH_255, framed, PROMPT } from './ssh-loader.js'
import { SshStream } from './ssh-stream.js'

/** How long a host has to say that it ended what was given up. */
const GRACE_MS = 2000

/** How a run ended. */
export type SshEnd =
  | { readonly how: 'ran'; readonly output: Output }
  /** `ssh`, or `sudo`, ended before the script began. */
  | { readonly how: 'not-begun'; readonly code: number | null; readonly said: string; readonly prompts: number }
  /** The connection went while the script ran. */
  | { readonly how: 'lost'; readonly said: string }
  /** We ended it. `isStopped`: the host said that the script ended, too. */
  | { readonly how: 'given-up'; readonly why: 'timed-out' | 'aborted'; readonly isStopped: boolean }
  | { readonly how: 'no-ssh'; readonly error: Error }

export interface SshRunOptions extends Omit<RunOptions, 'timeoutMs'> {
  /** `undefined`: for as long as it takes. */
  readonly timeoutMs: number | undefined
  readonly password: string | undefined
  /** Milliseconds of silence after which the host ends the script. */
  readonly patienceMs: number
}

/** One script on its way: from the start of `ssh` to its end. */
export class SshRun {
  readonly ended: Promise<SshEnd>
  readonly #child: ChildProcess
  readonly #script: Script
  readonly #options: SshRunOptions
  readonly #stdout: SshStream
  readonly #stderr: SshStream
  readonly #timers: NodeJS.Timeout[] = []
  #prompts = 0
  #isSent = false
  #givenUp: 'timed-out' | 'aborted' | undefined

  /** @param args of `ssh`. */
  constructor(args: readonly string[], script: Script, options: SshRunOptions) {
    this.#script = script
    this.#options = options
    const { onLine = () => undefined, password, timeoutMs, signal } = options
    this.#stdout = new SshStream(
      (line) => onLine(line, 'stdout'),
      () => this.#send(),
    )
    this.#stderr = new SshStream((line) => line !== ENDED_WITH_255 && onLine(line, 'stderr'))
    // Not in our process group: an interrupt from the terminal is for us to act upon.
    this.#child = spawn('ssh', args, { stdio: 'pipe', detached: true, env: sshEnvironment() })
    this.ended = this.#wait()
    if (password === undefined) this.#send()
    if (timeoutMs !== undefined) this.#timers.push(setTimeout(() => this.#giveUp('timed-out'), timeoutMs))
    const abort = () => this.#giveUp('aborted')
    signal?.addEventListener('abort', abort, { once: true })
    void this.ended.then(() => signal?.removeEventListener('abort', abort))
    if (signal?.aborted) abort()
  }

  /** Lets go of it: the host ends the script. */
  end(): Promise<SshEnd> {
    this.#giveUp('aborted')
    return this.ended
  }

  /** Both streams end with a process that has gone. */
  #wait(): Promise<SshEnd> {
    const { stdin, stdout, stderr } = this.#child
    stdout?.on('data', (chunk: Buffer) => this.#stdout.push(chunk))
    stderr?.on('data', (chunk: Buffer) => this.#hear(chunk))
    // Whoever reads may end first; how it ended is told by its exit code.
    stdin?.on('error', () => undefined)
    return new Promise((resolve) => {
      this.#child.once('error', (error) => resolve({ how: 'no-ssh', error }))
      this.#child.once('close', (code) => {
        for (const timer of this.#timers) clearTimeout(timer)
        resolve(this.#endedWith(code))
      })
    })
  }

  /** The password goes to who asks for it, and once: asked again, it was wrong. */
  #hear(chunk: Buffer): void {
    this.#stderr.push(chunk)
    if (this.#stderr.isReady || this.#options.password === undefined) return
    const prompts = this.#stderr.before.split(PROMPT).length - 1
    if (prompts === this.#prompts) return
    this.#prompts = prompts
    if (prompts === 1) this.#child.stdin?.write(`${this.#options.password}\n`)
    else this.#child.stdin?.end()
  }

  #send(): void {
    if (this.#isSent) return
    this.#isSent = true
    const { stdin } = this.#child
    stdin?.write(framed(this.#script.text, this.#script.input ?? '', this.#options.patienceMs))
    const beat = setInterval(() => stdin?.writable && stdin.write('\n'), this.#options.patienceMs / 2.5)
    this.#timers.push(beat)
  }

  #giveUp(why: 'timed-out' | 'aborted'): void {
    if (this.#givenUp !== undefined) return
    this.#givenUp = why
    if (!this.#stdout.isReady) return void this.#child.kill('SIGKILL')
    this.#child.stdin?.end()
    this.#timers.push(setTimeout(() => this.#child.kill('SIGKILL'), GRACE_MS))
  }

  #endedWith(code: number | null): SshEnd {
    for (const stream of [this.#stdout, this.#stderr]) stream.end()
    if (this.#givenUp !== undefined) {
      const isStopped = this.#stdout.isReady && code !== null && code !== 255
      return { how: 'given-up', why: this.#givenUp, isStopped }
    }
    if (!this.#stdout.isReady) {
      return { how: 'not-begun', code, said: this.#stderr.before, prompts: this.#prompts }
    }
    const [stdout, said] = [this.#stdout.script, this.#stderr.script]
    if (code !== null && code !== 255) return { how: 'ran', output: { code, stdout, stderr: said } }
    const trailer = `${ENDED_WITH_255}\n`
    if (!said.endsWith(trailer)) return { how: 'lost', said }
    return { how: 'ran', output: { code: 255, stdout, stderr: said.slice(0, -trailer.length) } }
  }
}

/** Nothing may be asked of a person: neither in a terminal, which a process group of its own has none of, nor in a window. */
export function sshEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, SSH_ASKPASS_REQUIRE: 'never' }
}
