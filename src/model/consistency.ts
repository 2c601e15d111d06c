/** How far behind a replica may be for a read that says so. At least one of them; both must hold. */
export interface Bound {
  /** By the time at which the primary stood where the replica stands now. */
  readonly maxLagMs?: number
  readonly maxLagBytes?: number
}

/**
 * What a read may miss.
 *
 * `eventual`: anything that a healthy replica has not replayed yet. A bound: what is younger than that. `session`:
 * nothing that its session has written, or seen before. `strong`: nothing; it runs on the primary.
 */
export type Consistency = 'eventual' | 'session' | 'strong' | Bound

/**
 * What counts for a read at the level `session`: `session`, all that the session has written and seen; `tables`, what
 * concerns the tables that the read looks at.
 */
export type ConsistencyScope = 'session' | 'tables'
