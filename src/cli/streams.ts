import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'

/** Text of a stream, its characters whole. */
export async function* inputText(stream: Readable): AsyncGenerator<string> {
  stream.setEncoding('utf8')
  yield* stream as AsyncIterable<string>
}

/** Writes, and waits while the reader is slower: what is long must not pile up in memory. */
export function sinkOf(stream: Writable): { write(text: string): Promise<void> } {
  return {
    async write(text) {
      if (text === '' || stream.write(text)) return
      await once(stream, 'drain')
    },
  }
}

/** A count on a terminal that nothing else is written to. `undefined` when there is none. */
export function progressOn(
  stream: Writable & { readonly isTTY?: boolean },
  isAlone: boolean,
): { show(count: number): void; clear(): void } | undefined {
  if (stream.isTTY !== true || !isAlone) return undefined
  return {
    show: (count) => stream.write(`\r${count.toLocaleString('en')} statements`),
    clear: () => stream.write('\r\u001b[K'),
  }
}
