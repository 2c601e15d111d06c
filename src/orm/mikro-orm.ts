import type { PostgresCursorConstructor, PostgresDialect, PostgresPool, PostgresPoolClient } from 'kysely'

/** The part of a pool that MikroORM is given. */
export interface MikroOrmPool {
  readonly options: { readonly database?: string | undefined }
  connect(): Promise<unknown>
}

/** A pool of Sluice, as far as MikroORM's options need it. */
export interface PoolWithWriter extends MikroOrmPool {
  readonly writer: MikroOrmPool
}

export interface MikroOrmModules {
  readonly PostgresDialect: typeof PostgresDialect
  readonly Cursor: PostgresCursorConstructor
  /** What MikroORM wants to read in its own way, by the number of the type. */
  readonly parsers: Readonly<Record<number, (text: string) => unknown>>
}

export interface MikroOrmOptions {
  readonly dbName: string
  /** The pool is connected to a database that is there. */
  readonly ensureDatabase: false
  readonly driverOptions: () => PostgresDialect
  readonly replicas: { readonly driverOptions: () => PostgresDialect }[]
}

interface LentClient extends PostgresPoolClient {
  setTypeParser(oid: number, parse: (text: string) => unknown): void
}

/** Functions, because MikroORM copies its options deeply, and a dialect does not outlive that. */
export function mikroOrmOptionsWith(modules: MikroOrmModules, pool: PoolWithWriter): MikroOrmOptions {
  const over = (it: MikroOrmPool) => () =>
    new modules.PostgresDialect({ pool: shared(it, modules.parsers), cursor: modules.Cursor })
  return {
    dbName: pool.options.database ?? 'postgres',
    ensureDatabase: false,
    driverOptions: over(pool.writer),
    replicas: [{ driverOptions: over(pool) }],
  }
}

function shared(pool: MikroOrmPool, parsers: MikroOrmModules['parsers']): PostgresPool {
  return {
    options: pool.options,
    // Its types do not tell of it. Kysely cancels with it.
    Client: (pool as unknown as Required<Pick<PostgresPool, 'Client'>>).Client,
    async connect() {
      const client = (await pool.connect()) as LentClient
      for (const [oid, parse] of Object.entries(parsers)) client.setTypeParser(Number(oid), parse)
      return client
    },
    // Whoever made the pool ends it.
    end: () => Promise.resolve(),
  }
}
