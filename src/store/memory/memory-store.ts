import { systemClock } from '../../base/clock.js'
import { isTime, kindOf, refuse } from '../../cluster/session-checks.js'
import type { StoredPosition } from '../../cluster/session-positions.js'
import type { SessionStore } from '../../cluster/session-store.js'
import type { Position } from '../../model/position.js'
import { later } from '../../routing/lineage.js'

export interface MemoryStoreOptions {
  /** How long after its last rise a key is kept, in milliseconds. Default one hour: longer than any lag worth waiting out. */
  readonly ttlMs?: number
  /** More keys are not kept: the one that rose the longest ago goes first. Default 100 000. */
  readonly maxKeys?: number
}

/**
 * A `SessionStore` for a program of one process: all devices of a user must come to this one.
 *
 * @throws {ConfigError} a time or a number that is none.
 */
export function memoryStore(options: MemoryStoreOptions = {}): SessionStore {
  const { ttlMs = DEFAULT_TTL_MS, maxKeys = DEFAULT_MAX_KEYS } = options
  if (!isTime(ttlMs)) refuse('ttlMs', 'must be a number above 0', String(ttlMs))
  if (!Number.isInteger(maxKeys) || maxKeys < 1) refuse('maxKeys', 'must be a whole number above 0', kindOf(maxKeys))
  return new MemoryStore(ttlMs, maxKeys, systemClock.now)
}

const DEFAULT_TTL_MS = 3_600_000
const DEFAULT_MAX_KEYS = 100_000

/** What is kept of one shard of one cluster. */
interface Place {
  readonly clusterId: string
  readonly shard: string | undefined
  readonly position: Position | undefined
  /** Until then, there may be a write of unknown position. Counted by itself: later positions do not prolong it. */
  readonly unknownUntilMs: number
}

interface Kept {
  readonly untilMs: number
  readonly places: readonly Place[]
}

/** @internal Use `memoryStore`. */
export class MemoryStore implements SessionStore {
  readonly #ttlMs: number
  readonly #maxKeys: number
  readonly #now: () => number
  /** In the order of their last rise, so that what ends first stands first. */
  readonly #kept = new Map<string, Kept>()

  constructor(ttlMs: number, maxKeys: number, now: () => number) {
    this.#ttlMs = ttlMs
    this.#maxKeys = maxKeys
    this.#now = now
  }

  get size(): number {
    return this.#kept.size
  }

  async load(key: string): Promise<readonly StoredPosition[]> {
    const nowMs = this.#now()
    this.#dropEnded(nowMs)
    return (this.#kept.get(key)?.places ?? []).flatMap((it) => storedIn(it, nowMs))
  }

  async raise(key: string, positions: readonly StoredPosition[]): Promise<void> {
    const untilMs = this.#now() + this.#ttlMs
    this.#dropEnded(this.#now())
    let places = this.#kept.get(key)?.places ?? []
    for (const it of positions) places = raised(places, it, untilMs)
    this.#kept.delete(key)
    if (places.length > 0) this.#kept.set(key, { untilMs, places })
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= this.#maxKeys) break
      this.#kept.delete(oldest)
    }
  }

  #dropEnded(nowMs: number): void {
    for (const [key, { untilMs }] of this.#kept) {
      if (untilMs > nowMs) return
      this.#kept.delete(key)
    }
  }
}

function raised(places: readonly Place[], by: StoredPosition, untilMs: number): readonly Place[] {
  const { clusterId, shard, position } = by
  const at = places.findIndex((it) => it.clusterId === clusterId && it.shard === shard)
  const before = places[at] ?? { clusterId, shard, position: undefined, unknownUntilMs: 0 }
  const after =
    position === 'unknown'
      ? { ...before, unknownUntilMs: untilMs }
      : { ...before, position: later(before.position, position) }
  return at < 0 ? [...places, after] : places.with(at, after)
}

function storedIn({ clusterId, shard, position, unknownUntilMs }: Place, nowMs: number): readonly StoredPosition[] {
  const found: StoredPosition[] = position === undefined ? [] : [{ clusterId, shard, position }]
  return unknownUntilMs > nowMs ? [...found, { clusterId, shard, position: 'unknown' }] : found
}
