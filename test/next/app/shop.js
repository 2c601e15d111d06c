import { cookies, headers } from 'next/headers'
import { sessionTokens } from 'sluice'
import { withSluice, withSluicePage } from 'sluice/next'
import { Pool } from 'sluice/pg'

// What the application knows of its database comes from its environment, as everywhere.
const tokens = sessionTokens({ keys: ['a key of sixteen bytes or more'] })
// A module is loaded once for routes and once for pages: one pool for both. None while pages are built.
const { PRIMARY_URL: primary, REPLICA_URL: replica } = process.env
globalThis.pool ??=
  primary === undefined
    ? undefined
    : new Pool({ primary, replicas: [replica], probe: { everyMs: 200, timeoutMs: 10_000, hungAfterMs: 20_000 } })

/** Around a route handler, or an action. */
export const inSession = (fn) => withSluice(fn, { tokens, cookies, headers })

export const add = (body) => globalThis.pool.query('insert into notes (body) values ($1)', [body])

export const list = async () => {
  const { rows } = await globalThis.pool.query('select body from notes order by body')
  return rows.map((row) => row.body)
}

export const listOnPage = withSluicePage(list, { tokens, cookies, headers })
