import { Transform } from 'node:stream'
import type { createDriverFactory, DriverFactory, DriverTypeParser } from '@slonik/driver'
import type * as errors from '@slonik/errors'
import type pg from 'pg'
import type QueryStream from 'pg-query-stream'

/** The part of a pool that Slonik is given. */
export interface SlonikPool {
  connect(): Promise<unknown>
  query(text: string, values: unknown[]): Promise<unknown>
}

/** What Slonik's own driver is made of, and ours too. */
export interface SlonikModules {
  readonly createDriverFactory: typeof createDriverFactory
  readonly errors: typeof errors
  readonly QueryStream: typeof QueryStream
  readonly types: PgTypes
}

/** As they are: the types that come with `pg` tell of a function in place of `arrayParser`. */
export interface PgTypes {
  getTypeParser(oid: number, format?: 'text'): unknown
  readonly arrayParser: { create(text: string, parse: (entry: string) => unknown): { parse(): unknown[] } }
}

interface LentClient {
  query<Result>(config: unknown): Result
  release(error?: boolean): void
  on(event: string, listener: (...args: never[]) => void): unknown
  /** Not when it held something on a connection that broke. */
  readonly _queryable: boolean
}

interface TypeParsers {
  readonly getTypeParser: (oid: number, format?: 'text') => unknown
}

type Setup = Parameters<typeof createDriverFactory>[0]
type Events = Parameters<Awaited<ReturnType<Setup>>['createPoolClient']>[0]['clientEventEmitter']
type SlonikClient = Awaited<ReturnType<Awaited<ReturnType<Setup>>['createPoolClient']>>
type Stream = ReturnType<SlonikClient['stream']>
type Result = Awaited<ReturnType<SlonikClient['query']>>

/** Since Slonik 49: the name of a prepared statement. */
interface QueryOptions {
  readonly name?: string
}

/** What Slonik sends when it gives a connection back. It is what a client of this pool does when it is released. */
const RESET = 'DISCARD ALL'

export function slonikDriverWith(modules: SlonikModules, pool: SlonikPool): DriverFactory {
  return modules.createDriverFactory(async ({ driverConfiguration }) => {
    const types = { getTypeParser: await parsersFor(modules.types, pool, driverConfiguration.typeParsers) }
    return {
      createPoolClient: async ({ clientEventEmitter }) => clientOver(modules, pool, types, clientEventEmitter),
    }
  })
}

function clientOver(modules: SlonikModules, pool: SlonikPool, types: TypeParsers, events: Events): SlonikClient {
  const borrowed = new Borrowed(modules, pool, events)
  return {
    connect: async () => {},
    end: () => borrowed.end(),
    async query(text: string, values?: unknown[], { name }: QueryOptions = {}) {
      if (text === RESET) return borrowed.giveBack().then(() => NOTHING)
      try {
        return resultOf(modules, await borrowed.run({ name, text, values, types }))
      } catch (error) {
        throw translated(modules, error as Error, text, values)
      }
    },
    stream: (text, values) => streamFrom(modules, () => borrowed.client(), { text, values, types }),
  }
}

/** A client of the pool, from the first statement that needs one to the reset. */
class Borrowed {
  readonly #modules: SlonikModules
  readonly #pool: SlonikPool
  readonly #events: Events
  #client: Promise<LentClient> | undefined
  #running = 0
  #isOver = false

  constructor(modules: SlonikModules, pool: SlonikPool, events: Events) {
    this.#modules = modules
    this.#pool = pool
    this.#events = events
  }

  async client(): Promise<LentClient> {
    this.#client ??= this.#connect()
    const client = await this.#client
    if (this.#isOver) throw new Error('Connection terminated')
    return client
  }

  async run(config: SlonikQuery): Promise<pg.QueryResult> {
    const client = await this.client()
    this.#running++
    try {
      return await client.query<Promise<pg.QueryResult>>(config)
    } finally {
      this.#running--
    }
  }

  async giveBack(mustClose = false): Promise<void> {
    const lent = this.#client
    this.#client = undefined
    await lent?.then(
      (client) => client.release(mustClose),
      () => undefined,
    )
  }

  /** Slonik ends a client without a reset when it is not to be trusted, or still at work: the connection goes with it. */
  async end(): Promise<void> {
    this.#isOver = true
    await this.giveBack(true)
  }

  async #connect(): Promise<LentClient> {
    try {
      const client = (await this.#pool.connect()) as LentClient
      client.on('notice', ({ message }: { message?: string }) => {
        if (message !== undefined) this.#events.emit('notice', { message })
      })
      client.on('error', (error: Error) => {
        // A statement under way tells by itself, or goes on elsewhere.
        if (this.#running === 0 && !client._queryable)
          this.#events.emit('error', translated(this.#modules, error, '', undefined))
      })
      return client
    } catch (error) {
      this.#client = undefined
      throw error
    }
  }
}

const NOTHING: Result = { command: 'SELECT', fields: [], rowCount: 0, rows: [] }

function resultOf({ errors }: SlonikModules, result: pg.QueryResult | pg.QueryResult[]): Result {
  if (Array.isArray(result)) throw new errors.InvalidInputError('Must not use multiple statements in a single query.')
  const { command, fields, rowCount, rows } = result
  return { command: command as Result['command'], fields: fields.map(fieldOf), rowCount, rows }
}

function fieldOf({ dataTypeID, name }: { dataTypeID: number; name: string }): Result['fields'][number] {
  return { dataTypeId: dataTypeID, name }
}

interface SlonikQuery {
  readonly name?: string | undefined
  readonly text: string
  readonly values: unknown[] | undefined
  readonly types: TypeParsers
}

/** Rows as Slonik wants them: each with the fields of all. */
function streamFrom(modules: SlonikModules, current: () => Promise<LentClient>, query: SlonikQuery): Stream {
  let fields: Result['fields'] = []
  const rows = new Transform({
    objectMode: true,
    transform: (row, _encoding, done) => done(null, { fields, row }),
  })
  const fail = (error: Error) => rows.destroy(translated(modules, error, query.text, query.values))
  current().then((client) => {
    const stream = new modules.QueryStream(query.text, query.values, { types: query.types } as never)
    const described = stream.handleRowDescription
    stream.handleRowDescription = (message: unknown) => {
      fields = (message as { fields: { dataTypeID: number; name: string }[] }).fields.map(fieldOf)
      described(message)
    }
    stream.on('error', fail)
    rows.on('close', () => stream.destroy())
    client.query<QueryStream>(stream).pipe(rows)
  }, fail)
  return rows as unknown as Stream
}

interface DatabaseError extends Error {
  readonly code?: string
}

type ErrorClass = keyof {
  [Name in keyof typeof errors as (typeof errors)[Name] extends new (
    error: DatabaseError & { constraint?: string; column?: string; table?: string },
  ) => Error
    ? Name
    : never]: true
}

/** By SQLSTATE, the classes that Slonik's users catch. */
const CLASSES: Readonly<Record<string, ErrorClass>> = {
  '23502': 'NotNullIntegrityConstraintViolationError',
  '23503': 'ForeignKeyIntegrityConstraintViolationError',
  '23505': 'UniqueIntegrityConstraintViolationError',
  '23514': 'CheckIntegrityConstraintViolationError',
  '23P01': 'CheckExclusionConstraintViolationError',
  '25P03': 'IdleTransactionTimeoutError',
  '57P01': 'BackendTerminatedError',
}

function translated({ errors }: SlonikModules, error: DatabaseError, sql: string, values: unknown): Error {
  const { code, message } = error
  if (/connection terminated unexpectedly/i.test(message)) return new errors.BackendTerminatedUnexpectedlyError(error)
  if (/connection terminated/i.test(message)) return new errors.BackendTerminatedError(error)
  if (code === '22P02') return new errors.InvalidInputError(message)
  if (code === '42601') return new errors.InputSyntaxError(error, { sql, values: values as never })
  if (code === '57014') {
    const isAsked = message.includes('due to user request')
    return new (isAsked ? errors.StatementCancelledError : errors.StatementTimeoutError)(error)
  }
  const name = code === undefined ? undefined : CLASSES[code]
  return name === undefined ? error : new errors[name](error as never)
}

/** Slonik names types; a server sends their numbers, which its standbys have too. */
async function parsersFor(
  { getTypeParser, arrayParser }: PgTypes,
  pool: SlonikPool,
  given: readonly DriverTypeParser[],
): Promise<TypeParsers['getTypeParser']> {
  const text = 'select typname as name, oid::int, typarray::int as array from pg_type where typname = any($1::text[])'
  const { rows } = (await pool.query(text, [given.map((it) => it.name)])) as {
    rows: readonly { name: string; oid: number; array: number }[]
  }
  const parsers = new Map<number, (text: string) => unknown>()
  for (const { name, parse } of given) {
    const type = rows.find((it) => it.name === name)
    if (type === undefined) throw new Error(`Database type "${name}" not found.`)
    parsers.set(type.oid, parse)
    if (type.array !== 0) parsers.set(type.array, (text) => arrayParser.create(text, parse).parse())
  }
  return (oid, format) => parsers.get(oid) ?? getTypeParser(oid, format)
}
