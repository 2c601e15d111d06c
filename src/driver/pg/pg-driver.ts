import type { Dialect } from '../../model/dialect.js'
import type { Driver } from '../../model/driver.js'
import { judgeError } from './judge.js'
import { type PgNodeParts, PgNodePool } from './node-pool.js'
import type { PgPoolOptions } from './pg-types.js'

/** Sends statements through the caller's own `pg`. */
export function pgDriver(
  parts: Pick<PgNodeParts, 'pg' | 'clock'>,
  dialect: Dialect,
): Driver<PgNodePool, PgPoolOptions> {
  const nodeParts: PgNodeParts = { ...parts, roleQuery: dialect.roleQuery, roleOf: (row) => dialect.roleOf(row) }
  return {
    open: (node, reports) => new PgNodePool(node, nodeParts, reports),
    judge: (error) => judgeError(error, (code) => dialect.judge(code)),
  }
}
