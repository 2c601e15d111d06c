// Compiled by `npm run typecheck`, never run: what a user of the options may write, and what not.
import type pg from 'pg'
import { fromMakara } from '../../src/makara.js'
import { Pool } from '../../src/pg.js'
import type { ClusterOptions, NodeOptions } from '../../src/routing/options.js'

type Options = ClusterOptions<pg.PoolConfig> & pg.PoolConfig

export const everything: Options = {
  user: 'app',
  password: async () => 'secret',
  max: 10,
  ssl: { rejectUnauthorized: true },
  primary: [{ url: 'postgres://p', name: 'p', weight: 1, max: 3 }, 'postgres://q'],
  replicas: ['postgres://r', { host: 'r', port: 5433, zone: 'a', statement_timeout: 1000 }],
  nodes: [{ host: 'n', role: 'replica' }],
  id: 'shop',
  sticky: { ttlMs: 1000 },
  balancer: (candidates) => candidates[0]!,
  primaryBalancer: 'failover',
  zone: 'a',
  primaryReads: { maxConcurrent: 3 },
  probe: { everyMs: 500 },
  isConnectionError: (error) => (error.message === 'x' ? true : undefined),
}

export const plain: Options = { connectionString: 'postgres://p' }
export const none: Options = {}
export const unsticky: Options = { sticky: false, primaryReads: 'never' }
export const fixed: Options = { replicas: ['postgres://a', 'postgres://b'] as const }

// What another program's section says can be given to a pool as it is.
export const pool = new Pool(fromMakara('').options)
export const node: NodeOptions = { url: 'postgres://p', anything: 'of any driver' }

// @ts-expect-error no such option
export const misspelt: Options = { balancr: 'fastest' }
// @ts-expect-error no such option of a node
export const misspeltNode: Options = { replicas: [{ host: 'r', wieght: 2 }] }
// @ts-expect-error an option of the pool
export const misplaced: Options = { replicas: [{ host: 'r', sticky: false }] }
// @ts-expect-error text in the place of a number
export const text: Options = { ejectMs: '5000' }
// @ts-expect-error no such balancer
export const balancer: Options = { balancer: 'random' }
// @ts-expect-error no such role
export const role: Options = { nodes: [{ host: 'n', role: 'master' }] }
// @ts-expect-error stickiness needs its time
export const sticky: Options = { sticky: true }
// @ts-expect-error only false switches it off
export const off: Options = { sticky: { ttlMs: undefined } }
