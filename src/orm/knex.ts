import type { Knex } from 'knex'

/** The part of a pool that Knex is given. */
export interface KnexPool {
  readonly options: object
  connect(): Promise<KnexConnection>
}

/** The `Client` of a pool, which its types do not tell: to cancel with. */
type ControlClientClass = new (
  options: object,
) => {
  connect(): Promise<unknown>
  query(text: string, values: unknown[]): Promise<unknown>
  end(): Promise<unknown>
}

interface KnexConnection {
  readonly processID?: number | null
  release(error?: boolean): void
  /** What Knex writes on connections of its own pool. */
  __knexUid?: string
  /** Why nobody shall have this connection again. */
  __knex__disposed?: unknown
}

/** What Knex's clients call a pool: that of its own, `tarn`, has more. */
interface AcquiringPool {
  acquire(): { readonly promise: Promise<KnexConnection> }
  release(connection: KnexConnection): boolean
  destroy(): Promise<void>
}

/** What is used of Knex's class for PostgreSQL. Its types tell only the base of all databases. */
interface PostgresClient {
  pool: unknown
  readonly searchPath?: unknown
  initializePool(): void
  cancelQuery(connection: KnexConnection): Promise<unknown>
  setSchemaSearchPath(connection: KnexConnection): Promise<unknown>
}

export type PostgresClientClass = new (config: object) => PostgresClient

let uids = 0

export function knexClientWith(Base: PostgresClientClass, pool: KnexPool): typeof Knex.Client {
  class SluiceClient extends Base {
    /** Without a connection Knex would take this for a client that only writes SQL. */
    constructor(config: object) {
      super({ connection: {}, ...config })
    }

    override initializePool(): void {
      this.pool = poolOf(this, pool)
    }

    /** By way of the pool, which knows the node of each server process, and on a connection beside those that may all be busy. */
    override async cancelQuery({ processID }: KnexConnection): Promise<unknown> {
      const { Client } = pool as unknown as { readonly Client: ControlClientClass }
      const client = new Client(pool.options)
      try {
        await client.connect()
        return await client.query('select pg_cancel_backend($1)', [processID])
      } finally {
        await client.end()
      }
    }
  }
  return SluiceClient as unknown as typeof Knex.Client
}

function poolOf(client: PostgresClient, pool: KnexPool): AcquiringPool {
  const out = new Set<KnexConnection>()
  const acquire = async () => {
    const connection = await pool.connect()
    connection.__knexUid = `sluice${++uids}`
    if (client.searchPath) await client.setSchemaSearchPath(connection)
    out.add(connection)
    return connection
  }
  return {
    acquire: () => ({ promise: acquire() }),
    release(connection) {
      // After a stream, Knex releases twice.
      if (!out.delete(connection)) return false
      connection.release(connection.__knex__disposed !== undefined)
      return true
    },
    // Whoever made the pool ends it.
    destroy: () => Promise.resolve(),
  }
}
