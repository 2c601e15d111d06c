import { sleep, systemClock } from '../../base/clock.js'
import { markOutcome } from '../../base/outcome.js'
import type { Fate } from '../../model/fates.js'
import type { ViewRoute } from '../../routing/need.js'
import type { PoolCore } from './core.js'
import { LazyClient } from './lazy-client.js'
import type { TransactionOptions } from './routed-pool.js'
import { tagsOf } from './session-state.js'
import { beginText, hasLostToAnother, pauseMs, retriesOf, rolledBack } from './transaction-options.js'

type Work<Result> = (client: LazyClient) => Promise<Result>

const FATE_POLL_MS = 50

/** Runs transactions for one pool, or view of a pool. */
export class Transactions {
  readonly #core: PoolCore
  readonly #route: ViewRoute | undefined

  constructor(core: PoolCore, route: ViewRoute | undefined) {
    this.#core = core
    this.#route = route
  }

  async run<Result>(work: Work<Result>, options: TransactionOptions = {}): Promise<Result> {
    const begin = beginText(options)
    const retries = retriesOf(options)
    for (let failed = 0; ; failed++) {
      const attempt = new Attempt(this.#core, this.#route, retries > 0)
      try {
        return await attempt.run(begin, work, options.shard)
      } catch (error) {
        if (failed >= retries || !attempt.mayRunAgain(error)) throw error
        await sleep(pauseMs(failed))
      }
    }
  }
}

/** One time through the work. */
class Attempt {
  readonly #core: PoolCore
  readonly #client: LazyClient
  readonly #isTraced: boolean
  /** What is known when it fails: whether COMMIT was sent, and what became of it. */
  #state: 'open' | 'rolled-back' | 'aborted' | 'unknown' = 'open'
  #wasLost = false

  constructor(core: PoolCore, route: ViewRoute | undefined, isTraced: boolean) {
    this.#core = core
    this.#client = new LazyClient(core, route)
    this.#isTraced = isTraced
  }

  async run<Result>(begin: string, work: Work<Result>, shard: string | undefined): Promise<Result> {
    try {
      await this.#client.query(shard === undefined ? begin : { text: begin, shard })
      this.#client.keepTransaction(true)
      const result = await work(this.#client)
      await this.#client.idle()
      this.#client.keepTransaction(false)
      await this.#commit(shard)
      this.#client.release()
      return result
    } catch (error) {
      this.#client.keepTransaction(false)
      this.#wasLost = !this.#client._queryable
      // What is open is rolled back before the connection serves anybody else.
      this.#client.release()
      throw error
    }
  }

  /** Nothing of it was committed, and the reason may be gone the next time. */
  mayRunAgain(error: unknown): boolean {
    if (this.#state === 'unknown' || this.#state === 'rolled-back') return false
    if (this.#state === 'aborted' || this.#wasLost || hasLostToAnother(error)) return true
    return this.#core.cluster.judge(error).failure === 'connection-lost'
  }

  async #commit(shard: string | undefined): Promise<void> {
    const trace = this.#isTraced ? await this.#trace() : undefined
    let result: unknown
    try {
      result = await this.#client.query('commit')
    } catch (error) {
      await this.#settle(error as Error, trace, shard)
      return
    }
    if (tagsOf(result).at(-1) !== 'ROLLBACK') return
    this.#state = 'rolled-back'
    throw markOutcome(rolledBack(), 'refused')
  }

  /** What the dialect notes of it; `undefined`: nothing can be found out later. */
  async #trace(): Promise<object | undefined> {
    if (!this.#client.isOnPrimary) return undefined
    try {
      const { traceQuery, traceOf } = this.#core.fates
      const { rows } = (await this.#client.query(traceQuery)) as { rows: readonly unknown[] }
      return traceOf(rows[0]) as object
    } catch (error) {
      // A failed transaction answers so to everything; its COMMIT will say it.
      if ((error as { code?: unknown }).code === '25P02') return undefined
      throw error
    }
  }

  /** Returns if the transaction was committed after all. */
  async #settle(error: Error, trace: object | undefined, shard: string | undefined): Promise<void> {
    const { outcome } = this.#core.cluster.judge(error)
    if (outcome !== 'unknown') throw markOutcome(error, outcome)
    const fate = await this.#fate(trace, shard)
    if (fate === 'committed') return this.#client.noteWrite(shard)
    this.#state = fate === 'aborted' ? 'aborted' : 'unknown'
    throw markOutcome(error, fate === 'aborted' ? 'refused' : 'unknown')
  }

  async #fate(trace: object | undefined, shard: string | undefined): Promise<Fate> {
    if (trace === undefined) return 'unknown'
    const values = this.#core.fates.valuesOf(trace)
    if (values === undefined) return 'committed'
    const { config } = this.#core.cluster
    const untilMs = systemClock.now() + config.holdWritesMs
    for (;;) {
      const fate = await this.#askFate(trace, values, shard)
      if (fate !== 'open' || systemClock.now() > untilMs) return fate === 'open' ? 'unknown' : fate
      await sleep(FATE_POLL_MS)
    }
  }

  /** Of the primary that there is, or will be: the question waits for it like a write. */
  async #askFate(trace: object, values: readonly unknown[], shard: string | undefined): Promise<Fate> {
    const client = new LazyClient(this.#core, 'primary')
    try {
      const { fateQuery, fateOf } = this.#core.fates
      const config = { text: fateQuery, values, ...(shard === undefined ? {} : { shard }) }
      const { rows } = (await client.query(config)) as { rows: readonly unknown[] }
      return fateOf(trace, rows[0])
    } catch {
      // Nobody could be asked: nobody knows.
      return 'unknown'
    } finally {
      client.release()
    }
  }
}
