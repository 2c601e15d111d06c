import { setTimeout as wait } from 'node:timers/promises'
import type pg from 'pg'
import { OperationError } from '../replication/postgresql/errors.js'

/** Longest wait for a connection to one of our own servers. */
const CONNECT_TIMEOUT_MS = 10_000
/** Longer than any statement of ours waits by itself. */
const QUERY_TIMEOUT_MS = 70_000
const POLL_MS = 5

/**
 * For the superuser's own connections: what they run is not what the application ran, does not wait for a synchronous
 * standby that is not there yet, and is not subject to limits that the cluster's `settings` put on the application.
 */
const SESSION_SETTINGS = [
  'log_statement=none synchronous_commit=local default_transaction_read_only=off',
  'statement_timeout=0 lock_timeout=0 idle_in_transaction_session_timeout=0',
]
  .join(' ')
  .replaceAll(/\S+/g, '-c $&')

/** Runs one statement on a connection of its own. */
export function query<Row extends pg.QueryResultRow>(
  url: string,
  text: string,
  values?: readonly unknown[],
): Promise<Row[]> {
  const work = async (client: pg.Client) =>
    (await client.query<Row>(text, values === undefined ? undefined : [...values])).rows
  return withClient(url, work)
}

/** The same for several statements that need one session. `pg` is the user's own, loaded when first needed. */
export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const { default: module } = await import('pg')
  const client = new module.Client({
    connectionString: url,
    ssl: false,
    options: SESSION_SETTINGS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
  })
  // A connection that breaks fails the statement under way; there is nobody else to tell.
  client.on('error', () => undefined)
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/**
 * Asks until the answer pleases.
 *
 * @param explain what may say why it does not.
 * @throws {OperationError} when it does not in time, with the last answer.
 */
export async function until<T>(
  what: string,
  ask: () => Promise<T>,
  isGood: (answer: T) => boolean,
  timeoutMs = 20_000,
  explain = () => '',
): Promise<T> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const seen = await ask().then(
      (answer) => ({ answer }),
      (error: unknown) => ({ error }),
    )
    if ('answer' in seen && isGood(seen.answer)) return seen.answer
    if (performance.now() > deadline) {
      const last = 'answer' in seen ? JSON.stringify(seen.answer) : String(seen.error)
      throw new OperationError(`wait until ${what}`, `not within ${timeoutMs} ms; last seen: ${last}${explain()}`)
    }
    await wait(POLL_MS)
  }
}
