import type { Pool, PoolOptions } from '../../src/pg.js'
import type { TestCluster } from '../../src/testing.js'
import { poolOver } from '../support/pool.js'
import type { CheckOptions } from './check.js'

/** How reads are kept consistent. `tables`: `session`, with what it must see kept by table. `timer`: they stay on the primary for a while after a write, and that is all. */
export const LEVELS = ['session', 'tables', 'eventual', 'strong', 'timer'] as const

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

/** A pool of that level. */
export function openPool(cluster: TestCluster, choice: LevelChoice): Pool {
  return poolOver(cluster, { ...optionsOf(choice), max: MOST_CONNECTIONS })
}

/** The only place that knows how a level is asked for. */
function optionsOf({ level, timerMs }: LevelChoice): PoolOptions {
  if (level === 'timer') return { consistency: 'eventual', sticky: { ttlMs: timerMs } }
  if (level === 'tables') return { consistency: 'session', consistencyScope: 'tables' }
  return { consistency: level, sticky: false }
}

/** Of each node: more than there are operations at once, so that nobody waits for a connection but for a fault. */
const MOST_CONNECTIONS = 24
