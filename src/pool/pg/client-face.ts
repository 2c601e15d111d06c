import { EventEmitter } from 'node:events'
import type { TypeOverrides } from '../../driver/pg/pg-types.js'
import type { PgCall } from './call.js'
import type { PoolCore } from './core.js'
import type { Loan } from './loan.js'

/**
 * What a checked-out client shows of itself, as a `pg.Client` does: what its connection says while it has one, and what
 * can be said without one.
 */
export class ClientFace extends EventEmitter {
  readonly #core: PoolCore
  readonly #loan: () => Loan | undefined
  readonly #types: TypeOverrides | undefined
  #hasOwnTypes = false

  /** @param loan what the client has now. */
  constructor(core: PoolCore, loan: () => Loan | undefined) {
    super()
    this.#core = core
    this.#loan = loan
    const { TypeOverrides } = core.pg
    this.#types = TypeOverrides === undefined ? undefined : new TypeOverrides(core.options['types'])
  }

  /** The server process of the connection that this client has now; `null` while it has none. */
  get processID(): number | null {
    const loan = this.#loan()
    const pid = loan?.client.processID ?? null
    if (loan !== undefined) this.#core.pids.asked(pid, loan.pool.name)
    return pid
  }

  get connection(): unknown {
    return this.#loan()?.client.connection
  }

  get connectionParameters(): unknown {
    return this.#real('connectionParameters') ?? this.#core.options
  }

  get host(): unknown {
    return this.#real('host') ?? this.#core.options['host']
  }

  get port(): unknown {
    return this.#real('port') ?? this.#core.options['port']
  }

  get database(): unknown {
    return this.#real('database') ?? this.#core.options['database']
  }

  get user(): unknown {
    return this.#real('user') ?? this.#core.options['user']
  }

  /** The name of the node that this client has a connection to now. */
  get node(): string | undefined {
    return this.#loan()?.pool.name
  }

  getTransactionStatus(): 'I' | 'T' | 'E' {
    const loan = this.#loan()
    return loan === undefined ? 'I' : loan.pool.statusOf(loan.client)
  }

  setTypeParser(oid: number, format: unknown, parse?: unknown): void {
    this.#hasOwnTypes = true
    this.#types?.setTypeParser(oid, format, parse)
  }

  getTypeParser(oid: number, format?: unknown): unknown {
    return this.#types?.getTypeParser(oid, format)
  }

  escapeIdentifier(text: string): string {
    return this.#core.pg.escapeIdentifier(text)
  }

  escapeLiteral(text: string): string {
    return this.#core.pg.escapeLiteral(text)
  }

  /** A pooled client is connected when it needs to be; `pg` refuses a second `connect` in the same words. */
  connect(callback?: (error: Error) => void): Promise<never> | undefined {
    const error = new Error('Client has already been connected. You cannot reuse a client.')
    if (callback === undefined) return Promise.reject(error)
    process.nextTick(callback, error)
    return undefined
  }

  ref(): void {}

  unref(): void {}

  #real(name: string): unknown {
    return (this.#loan()?.client as unknown as Record<string, unknown> | undefined)?.[name]
  }

  /** @internal Overridden type parsers go with each statement: the connection belongs to others tomorrow. */
  configOf(call: PgCall): unknown {
    if (!this.#hasOwnTypes) return call.config
    if (typeof call.config === 'string') return { text: call.config, types: this.#types }
    return { types: this.#types, ...(call.config as object) }
  }
}
