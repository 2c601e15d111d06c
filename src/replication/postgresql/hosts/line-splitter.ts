import { StringDecoder } from 'node:string_decoder'

/** Cuts a stream of bytes into lines as they come. */
export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8')
  readonly #onLine: (line: string) => void
  /** The line so far. In parts: a long one must not be copied with every chunk. */
  #parts: string[] = []

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine
  }

  push(chunk: Buffer): void {
    const [first = '', ...others] = this.#decoder.write(chunk).split('\n')
    this.#parts.push(first)
    for (const next of others) {
      this.#finish()
      this.#parts.push(next)
    }
  }

  /** What is left is a line without an end. */
  end(): void {
    this.#parts.push(this.#decoder.end())
    if (this.#parts.some((it) => it !== '')) this.#finish()
  }

  #finish(): void {
    const line = this.#parts.join('')
    this.#parts = []
    this.#onLine(line)
  }
}
