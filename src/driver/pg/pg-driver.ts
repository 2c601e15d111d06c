import type { Dialect } from '../../model/dialect.js'
import type { Driver } from '../../model/driver.js'
import { judgeError } from './judge.js'
import { type PgNodeParts, PgNodePool } from './node-pool.js'
import type { PgPoolOptions } from './pg-types.js'

/** Sends statements through the caller's own `pg`. */
export function pgDriver(parts: PgNodeParts, dialect: Dialect): Driver<PgNodePool, PgPoolOptions> {
  return {
    open: (node, reports) => new PgNodePool(node, parts, reports),
    judge: (error) => judgeError(error, (code) => dialect.judge(code)),
  }
}
