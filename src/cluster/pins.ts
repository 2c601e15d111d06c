import type { ReadsPinnedTo } from '../routing/need.js'
import type { TokenPin } from '../routing/session-token.js'

interface Pin extends ReadsPinnedTo {
  /** `Infinity`: until the session's callback has settled. */
  readonly untilMs: number
}

/** What holds the session's reads on one cluster. */
interface Held {
  pin: Pin | undefined
  /** Unpinned by name: pins for every cluster do not count here. */
  isExempt: boolean
  wroteUntilMs: number
}

const WROTE: ReadsPinnedTo = { to: 'primary', because: 'wrote' }

/** Where a session's reads must go by the application's word, or by a time after its writes. Times are monotonic. */
export class Pins {
  readonly #held = new Map<string, Held>()
  #everywhere: Pin | undefined

  /** Whether anything was ever pinned here. */
  get isUsed(): boolean {
    return this.#everywhere !== undefined || this.#held.size > 0
  }

  /** `clusterId` undefined: on every cluster, also on those that were unpinned by name. */
  pin(to: ReadsPinnedTo['to'], untilMs: number, clusterId: string | undefined): void {
    const pin: Pin = { to, because: 'pinned', untilMs }
    if (clusterId !== undefined) this.#of(clusterId).pin = pin
    else {
      this.#everywhere = pin
      for (const held of this.#held.values()) held.isExempt = false
    }
  }

  unpin(clusterId: string | undefined): void {
    if (clusterId === undefined) {
      this.#held.clear()
      this.#everywhere = undefined
    } else {
      this.#held.set(clusterId, { pin: undefined, isExempt: true, wroteUntilMs: Number.NEGATIVE_INFINITY })
    }
  }

  /** A shorter time never shortens a longer one. */
  holdAfterWrite(clusterId: string, untilMs: number): void {
    const held = this.#of(clusterId)
    held.wroteUntilMs = Math.max(held.wroteUntilMs, untilMs)
  }

  /** Asked for every read: nothing is made. */
  for(clusterId: string, nowMs: number): ReadsPinnedTo | undefined {
    const held = this.#held.get(clusterId)
    const everywhere = this.#everywhere
    if (held === undefined) return everywhere !== undefined && everywhere.untilMs > nowMs ? everywhere : undefined
    if (held.pin !== undefined && held.pin.untilMs > nowMs) return held.pin
    if (everywhere !== undefined && !held.isExempt && everywhere.untilMs > nowMs) return everywhere
    return held.wroteUntilMs > nowMs ? WROTE : undefined
  }

  /** Ends the pins that last as long as the session's callback. */
  endWithCallback(): void {
    if (this.#everywhere?.untilMs === Number.POSITIVE_INFINITY) this.#everywhere = undefined
    for (const held of this.#held.values()) {
      if (held.pin?.untilMs === Number.POSITIVE_INFINITY) held.pin = undefined
    }
  }

  /** What a token can carry: pins with an end, at the times of this clock. */
  portable(nowMs: number): readonly TokenPin[] {
    const pins: TokenPin[] = []
    const add = (cluster: string | undefined, { to, because }: ReadsPinnedTo, untilMs: number) => {
      if (untilMs > nowMs && untilMs < Number.POSITIVE_INFINITY)
        pins.push({ kind: 'pin', cluster, to, because, untilMs })
    }
    if (this.#everywhere !== undefined) add(undefined, this.#everywhere, this.#everywhere.untilMs)
    for (const [cluster, { pin, wroteUntilMs }] of this.#held) {
      if (pin !== undefined) add(cluster, pin, pin.untilMs)
      add(cluster, WROTE, wroteUntilMs)
    }
    return pins
  }

  /** From a token, its time already of this clock. */
  adopt({ cluster, to, because, untilMs }: TokenPin): void {
    if (cluster === undefined) this.#everywhere = { to, because, untilMs }
    else if (because === 'wrote') this.#of(cluster).wroteUntilMs = untilMs
    else this.#of(cluster).pin = { to, because, untilMs }
  }

  #of(clusterId: string): Held {
    let held = this.#held.get(clusterId)
    if (held === undefined) {
      held = { pin: undefined, isExempt: false, wroteUntilMs: Number.NEGATIVE_INFINITY }
      this.#held.set(clusterId, held)
    }
    return held
  }
}
