import type { Dialect } from '../../model/dialect.js'
import { catalogueFromRows } from './catalogue.js'
import { CATALOGUE_QUERY } from './catalogue-query.js'
import { classify } from './classify.js'
import { judgeSqlState } from './errors.js'
import { fingerprint } from './fingerprint.js'
import { POSITION_QUERY, positionOf, STATUS_QUERY, statusOf } from './positions.js'
import type { ReasonCode } from './reasons.js'
import { resolve } from './resolve.js'
import { committedOf, committedQuery, SNAPSHOT_QUERY, snapshotOf, UNFINISHED_QUERY, unfinishedOf } from './snapshots.js'
import { tablesFrom } from './table-groups.js'
import { TABLES_QUERY } from './tables-query.js'
import { touchedTables } from './touched-tables.js'

/** What a function that is called defines, nobody sees. */
const DEFINES: ReadonlySet<string> = new Set(['definition', 'select-into', 'not-classified'] satisfies ReasonCode[])

/** One statement, one transaction: unlike CALL, DO and VACUUM, which may commit in between, and functions that act outside it. */
const ATOMIC: ReadonlySet<string> = new Set(['write', 'writing-cte', 'locking-read'] satisfies ReasonCode[])

export const postgres: Dialect = {
  classify: (text) => classify(text),
  resolve,
  fingerprint,
  judge: judgeSqlState,
  roleQuery: 'select pg_catalog.pg_is_in_recovery() as in_recovery',
  roleOf: (row) => ((row as { in_recovery: boolean }).in_recovery ? 'replica' : 'primary'),
  statusQuery: STATUS_QUERY,
  statusOf,
  positionQuery: POSITION_QUERY,
  positionOf,
  snapshotQuery: SNAPSHOT_QUERY,
  snapshotOf,
  committedQuery,
  committedOf,
  unfinishedQuery: UNFINISHED_QUERY,
  unfinishedOf,
  catalogueQuery: CATALOGUE_QUERY,
  catalogueOf: catalogueFromRows,
  tablesQuery: TABLES_QUERY,
  tablesOf: tablesFrom,
  touched: touchedTables,
  isAtomic: ({ reason, effects }) => effects.length === 0 && ATOMIC.has(reason),
  mayDefine: ({ reason }) => DEFINES.has(reason),
}
