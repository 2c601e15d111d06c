// What must compile, and what must not: checked by `npm run typecheck`, never run.
import pg from 'pg'
import { type ClusterEvents, type Route, type View, withSession } from '../../src/index.js'
import { Pool, type PoolOptions, poolFor } from '../../src/pg.js'

const pool = new Pool({
  primary: 'postgres://primary/app',
  replicas: ['postgres://replica-1/app', { url: 'postgres://replica-2/app', weight: 2, ssl: true }],
  max: 20,
  balancer: 'fastest',
  primaryReads: { maxConcurrent: 4 },
  sticky: { ttlMs: 2000 },
})

// It stands wherever a pg.Pool stands, and so do its views.
export const asPool: pg.Pool = pool
export const views: readonly pg.Pool[] = [pool.writer, pool.reader, pool.writer.reader]
export class OwnPool extends Pool {}
export const other = new (poolFor(pg))({ primary: 'postgres://primary/app' })

// Every form of a query that pg has.
export const rows: Promise<pg.QueryResult<{ id: number }>> = pool.query<{ id: number }>('select id from notes')
pool.query('select $1', [1], (error: Error, result) => [error, result.rows])
export const arrays: Promise<pg.QueryArrayResult<[number]>> = pool.query<[number]>({ text: '…', rowMode: 'array' })

// One of ours beside them.
export const chosen: Promise<pg.QueryResult> = pool.query({ text: 'select 1', values: [], route: 'primary' })
export const named = pool.query<{ id: number }>({ text: 'select 1', route: { node: 'replica-1' }, shard: 'eu' })
export const checkedOut = pool.connect().then((client) => client.query({ text: 'select 1', route: 'replica' }))

export const route: Route | undefined = pool.route('select 1')
export const view: View = pool.view()
pool.on('error', (error) => error.message)
pool.on('nodeWentDown', ({ node, cause }: ClusterEvents['nodeWentDown']) => [node, cause])
pool.once('routed', (it) => it.because)

export const answer: Promise<number> = withSession(async (session) => {
  session.pin('primary', { ttlMs: 1000 })
  session.withoutPin(() => pool.query('select 1'))
  return 42
})

export const mistakes: readonly PoolOptions[] = [
  // @ts-expect-error no such balancer
  { primary: 'postgres://primary/app', balancer: 'fastest-first' },
  // @ts-expect-error a time has a unit
  { primary: 'postgres://primary/app', sticky: 5000 },
  // @ts-expect-error a misspelled option
  { primary: 'postgres://primary/app', replica: ['postgres://replica/app'] },
  // @ts-expect-error a weight is a number
  { primary: { url: 'postgres://primary/app', weight: '2' } },
]

// @ts-expect-error neither a role nor a node
pool.query({ text: 'select 1', route: 'nowhere' })
// @ts-expect-error no such event
pool.on('nodeWentUp', () => undefined)
// @ts-expect-error a view is a picture: nobody edits it
view.nodes[0].weight = 2
// @ts-expect-error nor adds to it
view.nodes.push(view.nodes[0])
// @ts-expect-error a session is pinned to the primary or to a node by name
withSession((session) => session.pin('replica'))
