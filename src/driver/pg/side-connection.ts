import { afterInput, type Clock } from '../../base/clock.js'
import { markNotSent } from './judge.js'
import type { PgClient, PgClientClass, PgPoolOptions } from './pg-types.js'

/**
 * One connection for Sluice's own questions to a node, opened when first asked and again after it broke.
 *
 * It is not of the pool: a busy pool must not hide a healthy node, nor a healthy pool a node that takes no more
 * connections. Questions are asked one at a time. It never keeps the process alive.
 */
export class SideConnection {
  readonly #Client: PgClientClass
  readonly #options: PgPoolOptions
  readonly #clock: Clock
  /** Called when the connection broke while nothing was asked. */
  onLost: (() => void) | undefined
  #client: PgClient | undefined
  #isAsking = false
  #last: Promise<unknown> = Promise.resolve()
  #closed = false

  constructor(Client: PgClientClass, options: PgPoolOptions, clock: Clock) {
    this.#Client = Client
    this.#options = { ...options, application_name: 'sluice monitor', query_timeout: 0, connectionTimeoutMillis: 0 }
    this.#clock = clock
  }

  /** Rows of `text`. Rejects after `timeoutMs`, counted from the moment the question's turn comes. */
  ask(text: string, timeoutMs: number, values?: readonly unknown[]): Promise<readonly unknown[]> {
    const answer = this.#last.then(() => this.#askNow(text, timeoutMs, values))
    this.#last = answer.catch(ignoreHere)
    return answer
  }

  close(): void {
    this.#closed = true
    if (this.#isAsking) return this.#drop(this.#client)
    this.#client?.end()
    this.#client = undefined
  }

  #askNow(text: string, timeoutMs: number, values: readonly unknown[] | undefined): Promise<readonly unknown[]> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(markNotSent(new Error('the monitor has stopped')))
      this.#isAsking = true
      let isOver = false
      const settle = (error: Error | undefined, rows: readonly unknown[]) => {
        if (isOver) return
        isOver = true
        this.#isAsking = false
        timer.stop()
        if (error === undefined) return resolve(rows)
        // A permission that is missing, say: the answer of a healthy connection.
        if (!isAnswer(error)) this.#drop(client)
        reject(error)
      }
      const client = this.#client ?? this.#open((error) => settle(error, []))
      const giveUp = () => settle(markNotSent(new Error(`no answer within ${timeoutMs} ms`)), [])
      const timer = this.#clock.after(timeoutMs, () => afterPendingInput(giveUp))
      client.query(text, values, (error, result) =>
        settle(error ?? undefined, (result as { rows: readonly unknown[] } | undefined)?.rows ?? []),
      )
    })
  }

  #open(failed: (error: Error) => void): PgClient {
    const client = new this.#Client(this.#options)
    this.#client = client
    client.on('error', () => {
      this.#drop(client)
      if (!this.#isAsking && !this.#closed) this.onLost?.()
    })
    client.connect((error) => {
      if (!error) return
      this.#drop(client)
      failed(markNotSent(error))
    })
    client.unref?.()
    return client
  }

  #drop(client: PgClient | undefined): void {
    if (client === undefined) return
    if (this.#client === client) this.#client = undefined
    client.connection?.stream?.destroy()
    client.end()
  }
}

/** The asker hears of the failure; the queue only needs to know that the turn is over. */
function ignoreHere(): void {}

/** An event loop that was held up may find the answer beside the timer that waited for it: look there first. */
function afterPendingInput(then: () => void, turns = 3): void {
  afterInput(() => (turns === 0 ? then() : afterPendingInput(then, turns - 1)))
}

/** The server refused the question, and goes on. In other languages than English we take it for broken, and open another. */
function isAnswer(error: Error): boolean {
  return (error as { severity?: unknown }).severity === 'ERROR'
}
