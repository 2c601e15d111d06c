import { LineSplitter } from './line-splitter.js'
import { READY } from './ssh-loader.js'

/** What one of a run's two streams says: before the script begins, on the way in, and then the script itself. */
export class SshStream {
  readonly #before: Buffer[] = []
  readonly #script: Buffer[] = []
  readonly #lines: LineSplitter
  #isReady = false
  readonly #onReady: () => void

  constructor(onLine: (line: string) => void, onReady: () => void = () => undefined) {
    this.#lines = new LineSplitter(onLine)
    this.#onReady = onReady
  }

  push(chunk: Buffer): void {
    if (this.#isReady) return this.#take(chunk)
    this.#before.push(chunk)
    const all = Buffer.concat(this.#before)
    const at = endOfReady(all)
    if (at === undefined) return
    this.#isReady = true
    this.#before.splice(0, Infinity, all.subarray(0, at - READY.length - 1))
    this.#onReady()
    if (at < all.length) this.#take(all.subarray(at))
  }

  end(): void {
    this.#lines.end()
  }

  get isReady(): boolean {
    return this.#isReady
  }

  get before(): string {
    return Buffer.concat(this.#before).toString()
  }

  get script(): string {
    return Buffer.concat(this.#script).toString()
  }

  #take(chunk: Buffer): void {
    this.#script.push(chunk)
    this.#lines.push(chunk)
  }
}

/** A login shell may greet, and not end its line. */
function endOfReady(said: Buffer): number | undefined {
  const at = said.indexOf(`${READY}\n`)
  return at < 0 ? undefined : at + READY.length + 1
}
