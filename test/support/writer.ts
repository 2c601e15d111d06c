import { Pool } from '../../src/pg.js'
import { eventually } from './pool.js'

/** Writes one row after another, each on its own, and keeps those that were acknowledged. */
export class Writer {
  readonly #pool: Pool
  readonly #acknowledged: number[] = []
  readonly #errors = new Set<string>()
  #longestGapMs = 0
  #isOver = false
  #loop: Promise<void> | undefined

  constructor(url: string) {
    this.#pool = new Pool({ connectionString: url, probe: { everyMs: 100 } })
    // Of connections that nobody uses, as pg has it.
    this.#pool.on('error', (error) => this.#errors.add(error.message))
  }

  /** @throws nothing is acknowledged: with what the last one said. */
  async begin(): Promise<void> {
    await this.#pool.query('create table if not exists written (n int)')
    await this.#pool.query('truncate written')
    this.#loop = this.#write()
    await this.#more(10)
  }

  /** @param timeoutMs for one more to be acknowledged. */
  async end(timeoutMs = 30_000): Promise<readonly number[]> {
    await this.#more(1, timeoutMs)
    this.#isOver = true
    await this.#loop
    await this.#pool.end()
    return this.#acknowledged
  }

  /** The longest time between two that were acknowledged. */
  get longestGapMs(): number {
    return Math.round(this.#longestGapMs)
  }

  async #more(count: number, timeoutMs = 30_000): Promise<void> {
    const before = this.#acknowledged.length
    await eventually(
      () => ({ count: this.#acknowledged.length, errors: [...this.#errors].slice(-3) }),
      (it) => it.count >= before + count,
      timeoutMs,
    )
  }

  async #write(): Promise<void> {
    let lastMs = performance.now()
    for (let n = 0; !this.#isOver; n++) {
      try {
        await this.#pool.query('insert into written values ($1)', [n])
        this.#acknowledged.push(n)
        this.#longestGapMs = Math.max(this.#longestGapMs, performance.now() - lastMs)
        lastMs = performance.now()
        await new Promise((resolve) => setTimeout(resolve, 2))
      } catch (error) {
        // Its outcome is not known, or it was not sent: either is right.
        this.#errors.add((error as Error).message)
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }
  }
}

/** Those that were acknowledged, and are not there. */
export async function missing(url: string, acknowledged: readonly number[]): Promise<readonly number[]> {
  const pool = new Pool({ connectionString: url })
  const { rows } = await pool.query({ text: 'select n from written', route: 'primary' })
  await pool.end()
  const there = new Set(rows.map((it) => it['n']))
  return acknowledged.filter((it) => !there.has(it))
}
