import assert from 'node:assert/strict'
import type { Pool } from '../../../src/pg.js'
import { eventually } from '../pool.js'

/** What an application does all day: writes, transactions and reads at once, and a note of all that was acknowledged. */
export class Traffic {
  /** Of writes: acknowledged, and failed with whatever. */
  readonly written: number[] = []
  readonly failures: Error[] = []
  /** Of those, the ones in `pool.transaction`. */
  readonly transactionErrors: string[] = []
  readonly readErrors: string[] = []
  readonly writers = 4
  reads = 0
  readonly #pool: Pool
  readonly #work: readonly Promise<void>[]
  #next = 0
  #lastMs = performance.now()
  #longestGapMs = 0
  #isOver = false

  constructor(pool: Pool) {
    this.#pool = pool
    const alone = (n: number) => pool.query('insert into t values ($1)', [n])
    const together = (n: number) =>
      pool.transaction((it) => it.query('insert into t values ($1)', [n]), { retry: { most: 20 } })
    const writers = [alone, alone, together, together].map((write) => this.#writing(write, write === together))
    this.#work = [...writers, this.#reading(), this.#reading()]
  }

  /** Ends with its test, however that ends. */
  static in(t: { after(fn: () => Promise<void>): void }, pool: Pool): Traffic {
    const traffic = new Traffic(pool)
    t.after(() => traffic.stop())
    return traffic
  }

  get errors(): readonly string[] {
    return [...this.failures.map((it) => it.message), ...this.readErrors]
  }

  get longestGapMs(): number {
    return Math.round(this.#longestGapMs)
  }

  more(count: number, withinMs = 30_000): Promise<unknown> {
    const before = this.written.length
    const seen = () => ({ written: this.written.length, errors: this.errors.slice(-3) })
    return eventually(seen, (it) => it.written >= before + count, withinMs)
  }

  async stop(): Promise<void> {
    this.#isOver = true
    await Promise.all(this.#work)
  }

  /** Every write that was acknowledged is there, and none twice. */
  async check(): Promise<void> {
    const { rows } = await this.#pool.query({ text: 'select n, count(*)::int from t group by n', route: 'primary' })
    const counts = new Map(rows.map((it) => [it['n'], it['count']]))
    const lost = this.written.filter((n) => !counts.has(n))
    const twice = [...counts].filter(([, count]) => count > 1)
    assert.deepEqual({ lost, twice }, { lost: [], twice: [] })
    await this.#pool.query('truncate t')
  }

  async #writing(write: (n: number) => Promise<unknown>, isTransaction: boolean): Promise<void> {
    while (!this.#isOver) {
      const n = this.#next++
      try {
        await write(n)
        this.written.push(n)
        const nowMs = performance.now()
        this.#longestGapMs = Math.max(this.#longestGapMs, nowMs - this.#lastMs)
        this.#lastMs = nowMs
        await pause(2)
      } catch (error) {
        this.failures.push(error as Error)
        if (isTransaction) this.transactionErrors.push((error as Error).message)
        await pause(20)
      }
    }
  }

  async #reading(): Promise<void> {
    while (!this.#isOver) {
      await this.#pool.query('select count(*) from t').then(
        () => this.reads++,
        (error: Error) => this.readErrors.push(error.message),
      )
      await pause(2)
    }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
