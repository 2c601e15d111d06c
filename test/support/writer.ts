import type { TestContext } from 'node:test'
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

  private constructor(url: string) {
    this.#pool = new Pool({ connectionString: url, probe: { everyMs: 100 } })
    // Of connections that nobody uses, as pg has it.
    this.#pool.on('error', (error) => this.#errors.add(error.message))
  }

  /**
   * @param t the test that it ends with at the latest, however that ends.
   * @throws nothing is acknowledged: with what the last one said.
   */
  static async start(url: string, t?: TestContext): Promise<Writer> {
    const writer = new Writer(url)
    t?.after(() => writer.#stop())
    await writer.#pool.query('create table if not exists written (n int)')
    await writer.#pool.query('truncate written')
    writer.#loop = writer.#write()
    await writer.#more(10)
    return writer
  }

  /** @param timeoutMs for one more to be acknowledged. */
  async end(timeoutMs = 30_000): Promise<readonly number[]> {
    await this.#more(1, timeoutMs)
    await this.#stop()
    return this.#acknowledged
  }

  /** The longest time between two that were acknowledged. */
  get longestGapMs(): number {
    return Math.round(this.#longestGapMs)
  }

  async #stop(): Promise<void> {
    if (this.#isOver) return
    this.#isOver = true
    await this.#loop
    await this.#pool.end()
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
