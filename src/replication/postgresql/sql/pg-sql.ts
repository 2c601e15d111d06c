import type { Duplex } from 'node:stream'
import type pg from 'pg'
import { asOneValue, readRows } from './json-rows.js'
import { SESSION, type Sql } from './sql.js'

export interface PgSqlOptions {
  /** As `pg` takes it: a URL, or where and who. */
  readonly connection: pg.ClientConfig
  /** Milliseconds to connect. Default 5000. */
  readonly connectTimeoutMs?: number
  /** Milliseconds for one call. Default 120 000: a promotion, or a checkpoint, takes its time. */
  readonly timeoutMs?: number
}

/** How long a server may take to end a connection. */
const FAREWELL_MS = 1000

/**
 * A connection of `pg`, opened when it is first needed and kept until `close`; one that broke is opened again. `pg` is the
 * user's own.
 */
export class PgSql implements Sql {
  readonly #options: PgSqlOptions
  #client: Promise<pg.Client> | undefined

  constructor(options: PgSqlOptions) {
    this.#options = options
  }

  async rows<Row extends object>(text: string): Promise<readonly Row[]> {
    const client = await this.#connected()
    const { rows } = await client.query<{ rows: string }>(asOneValue(text))
    return readRows(rows[0]?.rows ?? '[]')
  }

  /** By the simple protocol, which is what takes several statements: in one transaction, unless one cannot run in any. */
  async execute(text: string): Promise<void> {
    const client = await this.#connected()
    await client.query(text)
  }

  /** May be called twice; what is asked later connects anew. A server that does not answer is not waited for. */
  async close(): Promise<void> {
    const opened = this.#client
    this.#client = undefined
    // One that never came has nothing to end.
    const client = await opened?.catch(() => undefined)
    if (client === undefined) return
    const { stream } = (client as unknown as { connection: { stream: Duplex } }).connection
    const late = setTimeout(() => stream.destroy(), FAREWELL_MS)
    await client.end().catch(() => undefined)
    clearTimeout(late)
  }

  #connected(): Promise<pg.Client> {
    if (this.#client !== undefined) return this.#client
    // The statement under way fails with a connection that breaks; the next one connects again.
    const opened = this.#connect(() => {
      if (this.#client === opened) this.#client = undefined
    })
    this.#client = opened
    return opened
  }

  async #connect(whenGone: () => void): Promise<pg.Client> {
    const { connection, connectTimeoutMs = 5000, timeoutMs = 120_000 } = this.#options
    const { default: module } = await import('pg')
    const client = new module.Client({
      application_name: 'sluice',
      options: SESSION,
      ...connection,
      connectionTimeoutMillis: connectTimeoutMs,
      query_timeout: timeoutMs,
    })
    client.on('error', whenGone).on('end', whenGone)
    await client.connect().catch((error: unknown) => {
      whenGone()
      throw error
    })
    return client
  }
}
