import type { Cluster } from '../../cluster/cluster.js'
import type { PgNodePool } from '../../driver/pg/node-pool.js'
import type { PgModule, PgPoolOptions } from '../../driver/pg/pg-types.js'
import type { Fates } from '../../model/fates.js'
import type { CheckedOut } from './checked-out.js'
import type { Baselines } from './loan.js'
import type { PidOwners } from './pid-owners.js'

/** What a pool, its views and its clients share. */
export interface PoolCore {
  readonly cluster: Cluster<PgNodePool>
  readonly pg: PgModule
  /** The options of the configured primary, as `pool.options` shows them. */
  readonly options: PgPoolOptions
  readonly baselines: Baselines
  readonly pids: PidOwners
  readonly clients: CheckedOut
  /** What becomes of transactions whose COMMIT is not answered. */
  readonly fates: Fates
}
