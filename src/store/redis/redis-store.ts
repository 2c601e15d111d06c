import { isTime, kindOf, refuse } from '../../cluster/session-checks.js'
import type { StoredPosition } from '../../cluster/session-positions.js'
import type { SessionStore } from '../../cluster/session-store.js'
import { type RedisClient, scriptRunner } from './clients.js'
import { positionsIn, rowOf } from './rows.js'
import { RAISE } from './script.js'

export interface RedisStoreOptions {
  /** Put in front of every key. Default `sluice:session:`. */
  readonly prefix?: string
  /** How long after its last rise a key is kept, in milliseconds. Default one hour: longer than any lag worth waiting out. */
  readonly ttlMs?: number
}

/**
 * A `SessionStore` in Redis, on a client of `redis` (node-redis) or of `ioredis` that is connected, and stays yours.
 *
 * One hash for each key, one script for each call, which runs as one step: those who raise at the same time lose nothing.
 *
 * @throws {ConfigError} no such client, or a time that is none.
 */
export function redisStore(client: RedisClient, options: RedisStoreOptions = {}): SessionStore {
  const { prefix = DEFAULT_PREFIX, ttlMs = DEFAULT_TTL_MS } = options
  if (typeof prefix !== 'string') refuse('prefix', 'must be a text', kindOf(prefix))
  if (!isTime(ttlMs)) refuse('ttlMs', 'must be a number above 0', String(ttlMs))
  const run = scriptRunner(client, RAISE)
  const wholeMs = Math.ceil(ttlMs).toString()
  const raise = async (key: string, positions: readonly StoredPosition[]) =>
    positionsIn(await run(prefix + key, [wholeMs, ...positions.flatMap(rowOf)]))
  return {
    load: (key) => raise(key, []),
    async raise(key, positions) {
      if (positions.length > 0) await raise(key, positions)
    },
  }
}

const DEFAULT_PREFIX = 'sluice:session:'
const DEFAULT_TTL_MS = 3_600_000
