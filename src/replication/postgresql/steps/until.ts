import { setTimeout as wait } from 'node:timers/promises'
import type { StepWork } from '../operations/work.js'

const POLL_MS = 50

/**
 * Asks until the answer pleases. An error is an answer too: a server may be starting.
 *
 * @throws {Error} naming the last answer, when it does not in time.
 */
export async function until<T>(
  { signal }: Pick<StepWork, 'signal'>,
  ask: () => Promise<T>,
  isGood: (answer: T) => boolean,
  timeoutMs: number,
): Promise<T> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    signal?.throwIfAborted()
    const seen = await ask().then(
      (answer) => ({ answer }),
      (error: Error) => ({ error }),
    )
    if ('answer' in seen && isGood(seen.answer)) return seen.answer
    if (performance.now() > deadline) {
      const last = 'answer' in seen ? JSON.stringify(seen.answer) : seen.error.message
      throw new Error(`not within ${timeoutMs / 1000} s; last seen: ${last}`)
    }
    await wait(POLL_MS)
  }
}
