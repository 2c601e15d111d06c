import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { makeSocketFolder } from './socket-folder.js'
import { NO_SHELL, READY } from './ssh-loader.js'
import { sshEnvironment } from './ssh-run.js'

/** What `ssh` said before it ended without a connection. */
export class NoConnection extends Error {
  readonly said: string

  constructor(said: string, options?: ErrorOptions) {
    super('no connection', options)
    this.said = said
  }
}

/**
 * The one connection that all runs on a host share: opened when it is first needed, and again after it was lost.
 *
 * It lives on a pipe from this process, so that it ends with it, killed or not.
 */
export class SshMaster {
  /** Private: whoever can open the socket in it is let in as we are. */
  readonly #folder: string
  readonly #args: readonly string[]
  readonly #timeoutMs: number
  #child: ChildProcess | undefined
  #opening: Promise<void> | undefined
  readonly #removeFolder = () => rmSync(this.#folder, { recursive: true, force: true })

  /** @param args of `ssh`, the destination last. */
  constructor(args: readonly string[], timeoutMs: number) {
    this.#args = args
    this.#timeoutMs = timeoutMs
    this.#folder = makeSocketFolder()
    process.once('exit', this.#removeFolder)
  }

  /** Options of `ssh` for whoever shares the connection. Where it has gone they connect by themselves. */
  get sharing(): readonly string[] {
    return ['-o', 'ControlMaster=no', '-S', this.#socket]
  }

  /** @throws {NoConnection} */
  open(): Promise<void> {
    this.#opening ??= this.#connect()
    return this.#opening
  }

  async close(): Promise<void> {
    const child = this.#child
    this.#opening = undefined
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      const over = once(child, 'exit')
      // It kept nobody alive until now.
      child.ref()
      child.kill('SIGTERM')
      await over
    }
    process.removeListener('exit', this.#removeFolder)
    this.#removeFolder()
  }

  get #socket(): string {
    return join(this.#folder, 'control')
  }

  async #connect(): Promise<void> {
    // It tells which keys it tried when it is asked to be verbose.
    const own = ['-v', '-o', 'ControlMaster=yes', '-o', 'ControlPersist=no', '-S', this.#socket]
    const args = [...own, ...this.#args, `echo ${READY}; exec cat`]
    const child = spawn('ssh', args, { stdio: 'pipe', detached: true, env: sshEnvironment() })
    this.#child = child
    child.stdin?.on('error', () => undefined)
    child.once('close', () => {
      if (this.#child === child) this.#opening = undefined
    })
    await ready(child, this.#timeoutMs)
    // What holds on to it keeps this process alive; a connection without a run must not.
    for (const part of [child, child.stdin, child.stdout, child.stderr]) (part as { unref?(): void } | null)?.unref?.()
  }
}

function ready(child: ChildProcess, timeoutMs: number): Promise<void> {
  let [said, greeting, isReady, isLate] = ['', '', false, false]
  const timer = setTimeout(() => {
    isLate = true
    child.kill('SIGKILL')
  }, timeoutMs)
  return new Promise<void>((resolve, reject) => {
    child.stderr?.on('data', (chunk) => (said += isReady ? '' : chunk))
    child.stdout?.on('data', (chunk) => {
      if (isReady) return
      greeting += chunk
      isReady = greeting.includes(`${READY}\n`)
      if (isReady) resolve()
    })
    child.once('error', (error) => reject(new NoConnection('', { cause: error })))
    child.once('close', (code, signal) => {
      if (isLate) reject(new NoConnection(`${said}\ntimed out after ${timeoutMs} ms`))
      else if (signal !== null) reject(new NoConnection(`${said}\nssh was ended with ${signal}`))
      else reject(new NoConnection(code === 255 ? said : `${NO_SHELL}: exit code ${code}\n${greeting}`))
    })
  }).finally(() => clearTimeout(timer))
}
