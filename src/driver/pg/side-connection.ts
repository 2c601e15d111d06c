import type { Clock } from '../../base/clock.js'
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
  #client: PgClient | undefined
  #last: Promise<unknown> = Promise.resolve()
  #closed = false

  constructor(Client: PgClientClass, options: PgPoolOptions, clock: Clock) {
    this.#Client = Client
    this.#options = { ...options, application_name: 'sluice monitor', query_timeout: 0, connectionTimeoutMillis: 0 }
    this.#clock = clock
  }

  /** Rows of `text`. Rejects after `timeoutMs`, counted from the moment the question's turn comes. */
  ask(text: string, timeoutMs: number): Promise<readonly unknown[]> {
    const answer = this.#last.then(() => this.#askNow(text, timeoutMs))
    this.#last = answer.catch(ignoreHere)
    return answer
  }

  close(): void {
    this.#closed = true
    this.#drop(this.#client)
  }

  #askNow(text: string, timeoutMs: number): Promise<readonly unknown[]> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(markNotSent(new Error('the monitor has stopped')))
      const client = this.#client ?? this.#open(reject)
      const fail = (error: Error) => {
        timer.stop()
        this.#drop(client)
        reject(error)
      }
      const timer = this.#clock.after(timeoutMs, () => fail(markNotSent(new Error(`no answer within ${timeoutMs} ms`))))
      client.query(text, undefined, (error, result) => {
        if (error) return fail(error)
        timer.stop()
        resolve((result as { rows: readonly unknown[] }).rows)
      })
    })
  }

  #open(failed: (error: Error) => void): PgClient {
    const client = new this.#Client(this.#options)
    this.#client = client
    client.on('error', () => this.#drop(client))
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
