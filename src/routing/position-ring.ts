import type { Sample } from '../model/position.js'

/** How far a replica is behind, as far as is known. */
export interface Lag {
  /** Bytes of WAL that it has yet to replay, as of the primary's newest known position. */
  readonly bytes: number
  /**
   * Milliseconds since the primary passed the place where the replica stands: zero when it has everything, and never
   * zero while the primary has not been heard of for some time.
   */
  readonly ms: number
  /**
   * The replica shows everything that was written until so many milliseconds ago, for certain. Grows while nothing is
   * heard of the primary.
   */
  readonly atMostMs: number
  /** How old the newest known position of the primary is. */
  readonly primaryAgeMs: number
}

/** With the spacing, most of a minute of a busy primary, and much more of an idle one. */
const MOST_SAMPLES = 512
/** Samples closer to each other are not kept, but for the newest: a busy second must not push out a minute. */
const SPACING_MS = 100

/**
 * Where the primary stood at which time, lately. The lag of a replica is read off it: right while the primary is idle,
 * while replay is paused, and while a replica has lost its primary, where each formula over one server's clock fails.
 */
export class PositionRing {
  readonly #samples: Sample[] = []
  readonly #staleAfterMs: number

  /** @param staleAfterMs when nothing has been heard of the primary for so long, a lag of zero is not believed. */
  constructor(staleAfterMs: number) {
    this.#staleAfterMs = staleAfterMs
  }

  get newest(): Sample | undefined {
    return this.#samples.at(-1)
  }

  /** A sample of another timeline begins anew: the times of the old one say nothing about it. */
  add(sample: Sample): void {
    const { newest } = this
    const samples = this.#samples
    if (newest !== undefined && !isSameHistory(newest, sample)) samples.length = 0
    else if (newest !== undefined && sample.askedMs < newest.askedMs) return
    const beforeNewest = samples.at(-2)
    const isCrowded = beforeNewest !== undefined && sample.askedMs - beforeNewest.askedMs < SPACING_MS
    if (isCrowded) samples.pop()
    samples.push(sample)
    if (samples.length > MOST_SAMPLES) samples.splice(0, MOST_SAMPLES / 2)
  }

  /** `undefined`: the primary's position is not known, or older than everything remembered. */
  lagOf(replayed: bigint, nowMs: number): Lag | undefined {
    const { newest } = this
    if (newest === undefined) return undefined
    const index = this.#firstBeyond(replayed)
    const reached = this.#samples[index - 1]
    const beyond = this.#samples[index]
    const silentMs = nowMs - newest.askedMs
    const ms = beyond === undefined ? (silentMs > this.#staleAfterMs ? silentMs : 0) : nowMs - beyond.askedMs
    const atMostMs = reached === undefined ? Number.POSITIVE_INFINITY : Math.max(0, nowMs - reached.askedMs)
    const behind = newest.position.lsn - replayed
    return { bytes: behind > 0n ? Number(behind) : 0, ms: Math.max(0, ms), atMostMs, primaryAgeMs: silentMs }
  }

  /** The oldest sample that the replica has not reached; positions grow with time. */
  #firstBeyond(replayed: bigint): number {
    let low = 0
    let high = this.#samples.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#samples[middle] as Sample).position.lsn > replayed) high = middle
      else low = middle + 1
    }
    return low
  }
}

function isSameHistory(one: Sample, other: Sample): boolean {
  return one.position.timeline === other.position.timeline && one.position.system === other.position.system
}
