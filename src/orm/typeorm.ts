import type pg from 'pg'

/** The part of a pool that TypeORM is given. */
export interface TypeormPool {
  connect(callback: (error: Error | undefined, client: unknown, release: (error?: unknown) => void) => void): void
  on(event: string, listener: (...args: never[]) => void): unknown
}

/** A pool of Sluice, as far as TypeORM's options need it. */
export interface PoolWithWriter extends TypeormPool {
  readonly writer: TypeormPool
}

type Heard = readonly [event: string, listener: (...args: never[]) => void]

interface LentClient {
  on(event: string, listener: (...args: never[]) => void): unknown
  listeners(event: string): unknown[]
}

/** Where TypeORM writes to and reads from, told apart by a host that nobody connects to. */
const WRITES = 'primary'
const READS = 'any'

export interface TypeormOptions {
  readonly driver: object
  readonly replication: {
    readonly master: { readonly host: typeof WRITES }
    readonly slaves: { readonly host: typeof READS }[]
  }
}

/** `Pool` of the driver is what TypeORM makes twice: once for its master, once for its slave. */
export function typeormOptionsWith(module: typeof pg, pool: PoolWithWriter): TypeormOptions {
  class SharedPool {
    readonly #pool: TypeormPool
    /** For `logNotifications`, TypeORM listens on the first client that it gets. Another one is the same to it. */
    #heard: readonly Heard[] | undefined

    constructor({ host }: { readonly host?: string }) {
      this.#pool = host === READS ? pool : pool.writer
    }

    connect(callback: Parameters<TypeormPool['connect']>[0]): void {
      this.#pool.connect((error, client, release) => {
        if (error === undefined)
          for (const [event, listener] of this.#heard ?? []) (client as LentClient).on(event, listener)
        callback(error, client, release)
        if (error === undefined) this.#heard ??= listenersOf(client as LentClient)
      })
    }

    on(event: string, listener: (...args: never[]) => void): this {
      this.#pool.on(event, listener)
      return this
    }

    /** Whoever made the pool ends it. */
    end(callback: (error?: Error) => void): void {
      process.nextTick(callback)
    }
  }
  return {
    driver: { ...module, native: undefined, Pool: SharedPool },
    replication: { master: { host: WRITES }, slaves: [{ host: READS }] },
  }
}

function listenersOf(client: LentClient): readonly Heard[] {
  return ['notice', 'notification'].flatMap((event) =>
    client.listeners(event).map((it): Heard => [event, it as Heard[1]]),
  )
}
