import { afterInput } from '../../base/clock.js'
import type { Lease, PgNodePool, UnderWay } from '../../driver/pg/node-pool.js'
import type { PgClient } from '../../driver/pg/pg-types.js'
import type { SessionState } from './session-state.js'
import { BASELINE_QUERY, type Baseline, baselineOf, type Undoing, undoing } from './undo.js'

/** What each connection had set before any client touched it. A fact of the connection: it lives as long. */
export type Baselines = WeakMap<PgClient, Baseline>

/** One real connection in the hands of one checked-out client. */
export class Loan {
  readonly pool: PgNodePool
  readonly client: PgClient
  readonly #lease: Lease
  readonly #baselines: Baselines
  readonly #onBroken: (error: Error) => void
  #state: 'held' | 'broken' | 'returned' = 'held'
  #submitted: unknown

  /** @param onBroken the connection broke while it was lent; it is already useless. */
  constructor(pool: PgNodePool, lease: Lease, baselines: Baselines, onBroken: (error: Error) => void) {
    this.pool = pool
    this.client = lease.client
    this.#lease = lease
    this.#baselines = baselines
    this.#onBroken = onBroken
    this.client.on('error', this.#broke)
  }

  get isBroken(): boolean {
    return this.#state === 'broken'
  }

  /** A cursor, stream or copy has the connection. */
  get hasSubmitted(): boolean {
    return this.#submitted !== undefined
  }

  /** A cursor that was neither read to its end nor closed. Streams end by themselves. */
  get hasOpenCursor(): boolean {
    const open = this.#submitted as { read?: unknown; close?: unknown; pipe?: unknown } | undefined
    return typeof open?.read === 'function' && typeof open.close === 'function' && open.pipe === undefined
  }

  /** By what the connection itself said last. */
  get isOnReplica(): boolean {
    return this.pool.roleOf(this.client) === 'replica'
  }

  get isInTransaction(): boolean {
    return this.#state !== 'returned' && this.pool.statusOf(this.client) !== 'I'
  }

  /** Settles when the connection is ready for the next statement, so that its status can be believed. */
  query(config: unknown, values: unknown, repeatable: boolean): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const settle = (error: Error | undefined, result?: unknown) => {
        this.pool.end(work)
        if (error === undefined) resolve(result)
        else reject(error)
      }
      const work: UnderWay = {
        repeatable,
        giveUp: (error) => {
          this.drop(error)
          settle(error)
        },
      }
      this.pool.begin(work)
      try {
        // `pg` calls twice when a value cannot be sent: with the error, and as if all were well when it is ready again.
        let failure: Error | undefined
        this.client.query(config, values, (error, result) => {
          if (failure !== undefined) return
          failure = error ?? undefined
          if (error) this.#whenReady(() => settle(error))
          else settle(undefined, result)
        })
      } catch (error) {
        settle(error as Error)
      }
    })
  }

  /**
   * Hands the connection to a cursor, stream or copy. Resolves when it has finished with it, well or not.
   *
   * @param shown called whenever it has shown something, or has ended: at that very moment, before anybody else can act on it.
   */
  submit(submittable: unknown, values: unknown, callback: unknown, shown: () => void): Promise<void> {
    const { connection } = this.client
    return new Promise((resolve, reject) => {
      // It hears of the end of its connection by itself; a server that has fallen silent would never tell.
      const work: UnderWay = {
        repeatable: false,
        giveUp: (error) => {
          const stream = this.client.connection?.stream
          if (stream === undefined) this.drop(error)
          else stream.destroy()
        },
      }
      const stopListening = () => {
        this.pool.end(work)
        this.#submitted = undefined
        this.client.removeListener('drain', over)
        this.client.removeListener('end', over)
        for (const event of SHOWS) connection?.removeListener(event, shown)
      }
      const over = () => {
        stopListening()
        shown()
        resolve()
      }
      this.pool.begin(work)
      this.#submitted = submittable
      this.client.on('drain', over)
      this.client.on('end', over)
      for (const event of SHOWS) connection?.prependListener(event, shown)
      try {
        this.client.query(submittable, values, callback as undefined)
      } catch (error) {
        stopListening()
        reject(error)
      }
    })
  }

  /** Must be called before the first setting, and outside a transaction; otherwise the connection is closed later. */
  async readBaseline(): Promise<void> {
    if (this.#baselines.has(this.client) || this.isInTransaction) return
    const result = (await this.query(BASELINE_QUERY, undefined, false)) as { rows: readonly unknown[] }
    this.#baselines.set(this.client, baselineOf(result.rows))
  }

  /**
   * Gives the connection back as it was found. Never rejects: a connection that cannot be cleaned is closed.
   *
   * @returns what had to be undone.
   */
  async giveBack(state: SessionState): Promise<readonly string[]> {
    if (this.#state !== 'held') {
      this.#return(true)
      return []
    }
    const plan = undoing(state, this.isInTransaction, this.#baselines.get(this.client))
    const failure = await this.#undo(plan)
    this.#return(failure)
    return plan.what
  }

  /** Closes the connection. */
  drop(error: unknown): void {
    this.#return(error instanceof Error ? error : true)
  }

  async #undo(plan: Undoing): Promise<Error | true | undefined> {
    if (plan.mustClose) return true
    if (plan.text === undefined) return undefined
    try {
      await this.query(plan.text, undefined, false)
      return undefined
    } catch (error) {
      return error as Error
    }
  }

  #return(error: Error | true | undefined): void {
    if (this.#state === 'returned') return
    this.#state = 'returned'
    this.client.removeListener('error', this.#broke)
    this.#lease.release(error)
  }

  readonly #broke = (error: Error): void => {
    if (this.#state !== 'held') return
    this.#state = 'broken'
    this.#onBroken(error)
  }

  /** `pg` reports an error as soon as it arrives; the status of the connection follows with the next message. */
  #whenReady(then: () => void): void {
    const { client } = this
    afterInput(() => {
      if (client.readyForQuery !== false || client.connection === undefined || this.#state !== 'held') return then()
      const over = () => {
        client.connection?.removeListener('readyForQuery', over)
        client.removeListener('end', over)
        then()
      }
      client.connection.on('readyForQuery', over)
      client.on('end', over)
    })
  }
}

/** A statement has taken its picture of the data, of which rows are to come, or has a part of them ready. */
const SHOWS = ['rowDescription', 'copyOutResponse', 'portalSuspended'] as const
