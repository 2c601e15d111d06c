import { type ChildProcess, spawn } from 'node:child_process'
import type { Writable } from 'node:stream'
import { OperationError } from '../errors.js'
import { reap } from './reap.js'

/**
 * Cleans up after this process however it ends, SIGKILL included: a small process of its own that is told what there is
 * to clean up, and waits at a pipe. When the pipe closes it ends what still runs, and removes the folders.
 *
 * It does not keep this process alive, and it is not in its group: an interrupt from the terminal does not reach it.
 */
export class Reaper {
  readonly #child: ChildProcess
  readonly #pipe: Writable

  constructor() {
    // Tools that compile TypeScript wrap inner functions in a call of this name.
    const script = `const __name = (fn) => fn; (${reap.toString()})()`
    this.#child = spawn(process.execPath, ['-e', script], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
      cwd: '/',
      env: { PATH: process.env['PATH'], ELECTRON_RUN_AS_NODE: '1' },
    })
    this.#child.unref()
    this.#pipe = this.#child.stdin as Writable
    ;(this.#pipe as Writable & { unref(): void }).unref()
    for (const part of [this.#child, this.#pipe]) part.on('error', () => undefined)
    if (this.#child.pid === undefined) throw new OperationError('start the reaper', 'no process could be started')
  }

  /** This folder, with everything in it, shall go. It need not be there yet. */
  adopt(folder: string): void {
    this.#pipe.write(`folder ${folder}\n`)
  }

  /** This process shall end, if it works on an adopted folder. */
  watch(pid: number): void {
    this.#pipe.write(`pid ${pid}\n`)
  }

  /** Has everything cleaned up now. May be called twice. @throws {OperationError} something was left behind. */
  async dismiss(): Promise<void> {
    const { exitCode, signalCode } = this.#child
    const code = exitCode ?? signalCode ?? (await this.#ended())
    if (code !== 0) throw new OperationError('clean up', `the reaper ended with ${code}: something was left behind`)
  }

  #ended(): Promise<number | string | null> {
    return new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => resolve(code ?? signal))
      this.#child.ref()
      this.#pipe.end()
    })
  }
}
