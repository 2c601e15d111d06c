import type { Pool } from '../../src/pg.js'
import type { TestCluster } from '../../src/testing.js'
import { poolOver } from '../support/pool.js'
import type { CheckOptions } from './check.js'

/** How reads are kept consistent. `timer`: they stay on the primary for a while after a write, and that is all. */
export const LEVELS = ['eventual', 'timer', 'strong'] as const

export type Level = (typeof LEVELS)[number]

export interface LevelChoice {
  readonly level: Level
  /** Of `timer`. */
  readonly timerMs: number
}

/** What a level promises beyond what every session is promised. */
export function promisesOf({ level }: LevelChoice): CheckOptions {
  return { freshWithinMs: level === 'strong' ? 0 : undefined }
}

/** A pool of that level, and what statements run on. The only place that knows how a level is asked for. */
export function openPool(cluster: TestCluster, choice: LevelChoice): { readonly pool: Pool; readonly runner: Pool } {
  const sticky = choice.level === 'timer' ? ({ ttlMs: choice.timerMs } as const) : false
  const pool = poolOver(cluster, { sticky, max: MOST_CONNECTIONS })
  return { pool, runner: choice.level === 'strong' ? pool.writer : pool }
}

/** Of each node: more than there are operations at once, so that nobody waits for a connection but for a fault. */
const MOST_CONNECTIONS = 24
