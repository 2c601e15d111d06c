import type pg from 'pg'
import Cursor from 'pg-cursor'
import { outcomeOf } from '../../src/index.js'
import type { Pool } from '../../src/pg.js'
import type { End, ReadEnd, Recorder, WriteEnd } from './history.js'
import type { How, ObjectName, Versioned, WriteOutcome } from './operation.js'
import type { Alone } from './plan.js'
import { type Answerer, readOf, writeOf } from './tables.js'

/** The part of a pool, and of a client, that runs a statement. */
interface Runner {
  query(config: pg.QueryConfig): Promise<Pick<pg.QueryResult, 'rows'> & { readonly command?: string }>
}

type Row = Partial<Versioned> & { readonly elements?: readonly number[] } & Answerer

/**
 * One session's hands: runs single operations through the public API, and has them recorded. Never rejects: what failed
 * is in the record. Each answers whether it went well.
 */
export class Actor {
  readonly #pool: Pool
  readonly #recorder: Recorder
  readonly #session: number

  constructor(pool: Pool, recorder: Recorder, session: number) {
    this.#pool = pool
    this.#recorder = recorder
    this.#session = session
  }

  read(object: ObjectName, how: Alone): Promise<boolean> {
    const end = this.#beginRead(object, how)
    return this.#alone(how, (runner) => runner.query(readOf(object))).then(
      ({ rows }) => end(rows[0] as Row),
      () => end(undefined),
    )
  }

  async write(object: ObjectName, how: Alone): Promise<boolean> {
    const { value, end } = this.#beginWrite(object, how)
    try {
      const { rows } = await this.#alone(how, (runner) => runner.query(writeOf(object, value)))
      end({ outcome: 'ok', ...(rows[0] as Row) })
      return true
    } catch (error) {
      end({ outcome: outcomeOf(error) === 'unknown' ? 'unknown' : 'failed' })
      return false
    }
  }

  async readTransaction(objects: readonly ObjectName[]): Promise<boolean> {
    const sinceMs = this.#recorder.now()
    const done = await this.#onClient(async (client) => {
      await client.query('begin read only')
      for (const object of objects) await this.#readIn(client, object, sinceMs)
      return client.query('commit')
    })
    return done !== undefined
  }

  /** Reads and writes each. A write counts as acknowledged when `commit` is. */
  async writeTransaction(objects: readonly ObjectName[]): Promise<boolean> {
    const sinceMs = this.#recorder.now()
    const writes = objects.map((object) => ({ object, ...this.#beginWrite(object, 'transaction') }))
    const answers: Row[] = []
    const outcome = await this.#onClient(async (client) => {
      await client.query('begin')
      for (const { object, value } of writes) {
        await this.#readIn(client, object, sinceMs)
        answers.push((await client.query(writeOf(object, value))).rows[0] as Row)
      }
      return committed(client)
    })
    // Before `commit` is sent nothing can have happened, whatever the error says of its own statement.
    for (const [at, { end }] of writes.entries()) end({ outcome: outcome ?? 'failed', ...answers[at] })
    return outcome === 'ok'
  }

  async #readIn(client: Runner, object: ObjectName, sinceMs: number): Promise<void> {
    const end = this.#beginRead(object, 'transaction', sinceMs)
    try {
      end((await client.query(readOf(object))).rows[0] as Row)
    } catch (error) {
      end(undefined)
      throw error
    }
  }

  #alone<T>(how: Alone, work: (runner: Runner) => Promise<T>): Promise<T> {
    if (how === 'query') return work(this.#pool)
    return this.#pool.connect().then((client) => work(RUNNERS[how](client)).finally(() => client.release()))
  }

  /** What a failed transaction left open is closed with its connection. `undefined`: it failed. */
  async #onClient<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T | undefined> {
    let client: pg.PoolClient | undefined
    try {
      client = await this.#pool.connect()
      const result = await work(client)
      client.release()
      return result
    } catch {
      // The operations that failed are in the record, each with its own outcome.
      client?.release(true)
      return undefined
    }
  }

  #beginRead(object: ObjectName, how: How, sinceMs?: number): (row: Row | undefined) => boolean {
    const doing = { session: this.#session, object, how, ...(sinceMs === undefined ? {} : { sinceMs }) }
    if (object.startsWith('register')) return endOf(this.#recorder.readRegister(doing), versionedOf)
    return endOf(this.#recorder.readList(doing), (row) => row.elements ?? [])
  }

  #beginWrite(object: ObjectName, how: How): { readonly value: number; readonly end: End<WriteEnd> } {
    const doing = { session: this.#session, object, how }
    return object.startsWith('register') ? this.#recorder.writeRegister(doing) : this.#recorder.append(doing)
  }
}

/** A transaction that the server rolled back instead says so in its tag. */
async function committed(client: Runner): Promise<WriteOutcome> {
  try {
    const { command } = await client.query({ text: 'commit' })
    return command === 'COMMIT' ? 'ok' : 'failed'
  } catch (error) {
    return outcomeOf(error) === 'unknown' ? 'unknown' : 'failed'
  }
}

function versionedOf({ version, value }: Row): Versioned {
  return { version: version as number, value: value as number }
}

/** Ends a read with what a row shows, or with nothing; tells which. */
function endOf<Seen>(end: End<ReadEnd<Seen>>, seenIn: (row: Row) => Seen): (row: Row | undefined) => boolean {
  return (row) => {
    end(row === undefined ? {} : { seen: seenIn(row), node: row.node, onReplica: row.on_replica })
    return row !== undefined
  }
}

const RUNNERS: Readonly<Record<Exclude<Alone, 'query'>, (client: pg.PoolClient) => Runner>> = {
  client: (client) => client,
  cursor: (client) => ({ query: (config) => byCursor(client, config) }),
  prepared: (client) => ({ query: (config) => byExecute(client, config) }),
}

/** One row at a time, as of a result that is too large. A cursor that is idle when its connection breaks says nothing any more. */
async function byCursor(client: pg.PoolClient, { text, values }: pg.QueryConfig) {
  const broken = new Promise<never>((_, reject) => client.once('error', reject))
  const cursor = client.query(new Cursor(text, values))
  const read = async () => {
    const rows = await cursor.read(1)
    await cursor.close()
    return { rows }
  }
  return Promise.race([read(), broken])
}

/** The values are numbers. */
async function byExecute(client: pg.PoolClient, { text, values = [] }: pg.QueryConfig) {
  await client.query(`prepare kept as ${text}`)
  return client.query(values.length === 0 ? 'execute kept' : `execute kept (${values.join()})`)
}
