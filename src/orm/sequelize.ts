import { EventEmitter } from 'node:events'
import type pg from 'pg'
import { systemClock, type Timer } from '../base/clock.js'

/** The part of a pool that Sequelize is given. */
export interface SequelizePool {
  connect(): Promise<unknown>
}

/** A pool of Sluice, as far as Sequelize's options need it. */
export interface PoolWithWriter extends SequelizePool {
  readonly writer: SequelizePool
}

/** The part of a checked-out client that is called here. */
interface LentClient {
  query(config: unknown): Promise<unknown>
  release(error?: unknown): void
  on(event: string, listener: (...args: never[]) => void): unknown
  /** Gives its connection back until the next statement, unless that holds something of the client's. */
  lendBack(): Promise<void>
  /** Somebody waits for a connection of the node that this client has one of. */
  readonly isWaitedFor: boolean
  /** Not when it held something on a connection that broke. */
  readonly _queryable: boolean
}

/** Where Sequelize writes to and reads from, told apart by a host that nobody connects to. */
const WRITES = 'primary'
const READS = 'any'

/** How long a client that Sequelize keeps may keep its connection, with nothing asked of it. */
const IDLE_MS = 50

export interface SequelizeOptions {
  readonly dialectModule: object
  readonly replication: {
    readonly write: { readonly host: typeof WRITES }
    readonly read: { readonly host: typeof READS }[]
  }
}

interface ClientConfig {
  readonly host?: string
  readonly types: unknown
}

type Callback = (error: Error | null, result?: unknown) => void

/** Sequelize has a pool of its own, of `Client`s. Each of ours takes a connection when a statement needs one. */
export function sequelizeOptionsWith(module: typeof pg, outside: Outside, pool: PoolWithWriter): SequelizeOptions {
  class Client extends EventEmitter {
    /** Where Sequelize listens for the server's parameters. It asks the server for what it does not hear. */
    readonly connection = new EventEmitter()
    readonly #pool: SequelizePool
    readonly #types: unknown
    #client: LentClient | undefined
    #idle: Timer | undefined
    #running = 0
    _ending = false
    /** Sequelize makes another one in its place. */
    _invalid = false

    constructor({ host, types }: ClientConfig) {
      super()
      this.#pool = host === READS ? pool : pool.writer
      this.#types = types
    }

    connect(callback: Callback): void {
      // The client outlives whoever asks for it: what it sees is not part of that session.
      const connected = outside(() => this.#pool.connect()) as Promise<LentClient>
      connected.then(
        (client) => {
          this.#client = client
          client.on('notice', (message: never) => this.emit('notice', message))
          client.on('notification', (message: never) => this.emit('notification', message))
          callback(null)
        },
        (error: Error) => callback(error),
      )
    }

    query(text: unknown, values?: unknown, callback?: unknown): unknown {
      const done = (typeof values === 'function' ? values : callback) as Callback | undefined
      const result = this.#run(text, Array.isArray(values) ? values : undefined)
      if (done === undefined) return result
      result.then(
        (it) => done(null, it),
        (error: Error) => done(error),
      )
      return undefined
    }

    end(callback?: Callback): Promise<void> | undefined {
      this._ending = true
      this.#idle?.stop()
      this.#client?.release()
      this.#client = undefined
      this.emit('end')
      if (callback === undefined) return Promise.resolve()
      process.nextTick(callback, null)
      return undefined
    }

    async #run(text: unknown, values: unknown[] | undefined): Promise<unknown> {
      const client = this.#client
      if (client === undefined) throw new Error('Client was closed and is not queryable')
      this.#idle?.stop()
      this.#running++
      try {
        const config = typeof text === 'string' ? { text } : (text as object)
        return await client.query({ types: this.#types, ...config, ...(values === undefined ? {} : { values }) })
      } finally {
        this.#running--
        this._invalid = !client._queryable
        if (this.#running === 0) await this.#rest(client)
      }
    }

    /** Sequelize keeps its clients: the connection goes back at once when somebody waits for it, else after a moment. */
    async #rest(client: LentClient): Promise<void> {
      if (client.isWaitedFor) return client.lendBack()
      this.#idle = systemClock.after(IDLE_MS, () => void client.lendBack())
    }
  }
  return {
    dialectModule: { ...module, Client },
    replication: { write: { host: WRITES }, read: [{ host: READS }] },
  }
}

/** Runs something in a session of its own. */
export type Outside = <Result>(work: () => Result) => Result
