import type pg from 'pg'

/** Longest wait for a connection to one of our own servers. */
const CONNECT_TIMEOUT_MS = 10_000

/** Runs one statement on a connection of its own, past every gate. `pg` is the user's own, loaded when first needed. */
export async function query<Row extends pg.QueryResultRow>(
  url: string,
  text: string,
  values?: readonly unknown[],
): Promise<Row[]> {
  return withClient(
    url,
    async (client) => (await client.query<Row>(text, values === undefined ? undefined : [...values])).rows,
  )
}

/** The same for several statements that need one session. */
export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const { default: module } = await import('pg')
  const client = new module.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS })
  // A connection that breaks fails the statement under way; there is nobody else to tell.
  client.on('error', () => undefined)
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** Asks until the answer pleases. @throws when it does not within `timeoutMs`, with the last answer. */
export async function until<T>(
  what: string,
  ask: () => Promise<T>,
  isGood: (answer: T) => boolean,
  timeoutMs = 20_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs
  let last: unknown
  for (;;) {
    try {
      const answer = await ask()
      if (isGood(answer)) return answer
      last = answer
    } catch (error) {
      last = error
    }
    if (Date.now() > deadline) {
      throw new Error(
        `${what}: not within ${timeoutMs} ms; last seen: ${last instanceof Error ? last.message : JSON.stringify(last)}`,
      )
    }
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
