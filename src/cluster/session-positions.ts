import type { Position } from '../model/position.js'
import { later } from '../routing/lineage.js'
import type { TokenPosition } from '../routing/session-token.js'

/** What a session stands on in one shard of one cluster, as far as the session needs to know. */
export interface SessionGround {
  /** All that it must see; `undefined`: nothing. */
  readonly position: Position | undefined
  /** Nothing that it has written or seen is still without its position. */
  readonly isSettled: boolean
  /** It must see this too. `unknown`: whatever the primary shows when it is asked next. */
  raise(position: Position | 'unknown'): void
  /** Asks for what is not settled. Never rejects. */
  settle(): Promise<void>
  /** Up to where replicas have shown what the primary may not show yet; `unknown`: that is not known; `undefined`: nothing. */
  readonly seen: Position | 'unknown' | undefined
  /** This has been seen on a replica elsewhere. */
  raiseSeen(position: Position | 'unknown'): void
  /** Waits a little for the primary to show what has been seen. Never rejects. */
  settleSeen(): Promise<void>
}

/** A position that a session must see, and where. */
export interface StoredPosition {
  /** The `id` of the pool. */
  readonly clusterId: string
  readonly shard: string | undefined
  /** `unknown`: there was a write whose position nobody could learn. It may stand beside a position of the same place. */
  readonly position: Position | 'unknown'
}

interface Place {
  readonly clusterId: string
  readonly shard: string | undefined
  /** Made when the session first meets the cluster. */
  ground: SessionGround | undefined
  /** What it was begun with. */
  begunWith: Position | undefined
  /** It was begun with a write of unknown position besides: a later position need not cover that. */
  isBlind: boolean
  /** What the primary may not show yet of what it was begun with. */
  seenBefore: Position | 'unknown' | undefined
}

/** What a session must see, by cluster and shard. */
export class SessionPositions {
  readonly #places: Place[] = []
  readonly #isBlind: boolean

  /** @param begunWith what it must see of every cluster: `unknown`, what their primaries show. */
  constructor(begunWith: 'unknown' | undefined) {
    this.#isBlind = begunWith === 'unknown'
  }

  groundIn<Ground extends SessionGround, Session>(
    clusterId: string,
    shard: string | undefined,
    session: Session,
    make: (shard: string | undefined, session: Session) => Ground,
  ): Ground {
    const place = this.#placeOf(clusterId, shard)
    if (place.ground === undefined) {
      place.ground = make(shard, session)
      if (place.begunWith !== undefined) place.ground.raise(place.begunWith)
      if (place.isBlind) place.ground.raise('unknown')
      if (place.seenBefore !== undefined) place.ground.raiseSeen(place.seenBefore)
    }
    return place.ground as Ground
  }

  adopt(clusterId: string, shard: string | undefined, position: Position | 'unknown'): void {
    const place = this.#placeOf(clusterId, shard)
    if (place.ground !== undefined) place.ground.raise(position)
    else if (position === 'unknown') place.isBlind = true
    else place.begunWith = later(place.begunWith, position)
  }

  /** It has been seen on a replica, and the primary may not show it yet. */
  adoptSeen(clusterId: string, shard: string | undefined, position: Position | 'unknown'): void {
    const place = this.#placeOf(clusterId, shard)
    if (place.ground !== undefined) place.ground.raiseSeen(position)
    else place.seenBefore = position
  }

  get hasMoved(): boolean {
    return this.#places.some(hasMoved)
  }

  async settle(): Promise<void> {
    await Promise.all(this.#places.map((place) => place.ground?.settle()))
  }

  async settleSeen(): Promise<void> {
    await Promise.all(this.#places.map((place) => place.ground?.settleSeen()))
  }

  stored(): readonly StoredPosition[] {
    return this.#places.flatMap(storedIn)
  }

  /** What it was not begun with. */
  moved(): readonly StoredPosition[] {
    return this.#places.filter(hasMoved).flatMap(storedIn)
  }

  portable(): readonly Omit<TokenPosition, 'untilMs'>[] {
    const positions = this.stored().map((it) => ({ kind: 'position' as const, ...it }))
    return [...positions, ...this.#places.flatMap(seenIn)]
  }

  /** A session meets few: a list is faster than a map of maps. */
  #placeOf(clusterId: string, shard: string | undefined): Place {
    for (const place of this.#places) if (place.clusterId === clusterId && place.shard === shard) return place
    const place: Place = {
      clusterId,
      shard,
      ground: undefined,
      begunWith: undefined,
      isBlind: this.#isBlind,
      seenBefore: undefined,
    }
    this.#places.push(place)
    return place
  }
}

function hasMoved({ ground, begunWith, isBlind }: Place): boolean {
  if (ground === undefined) return false
  return !ground.isSettled || isBlind || !isSame(ground.position, begunWith) || ground.seen !== undefined
}

function seenIn({ clusterId, shard, ground, seenBefore }: Place): readonly Omit<TokenPosition, 'untilMs'>[] {
  const position = ground === undefined ? seenBefore : ground.seen
  return position === undefined ? [] : [{ kind: 'seen', clusterId, shard, position }]
}

function storedIn({ clusterId, shard, ground, begunWith, isBlind }: Place): readonly StoredPosition[] {
  const position = ground === undefined ? begunWith : ground.position
  const isUnknown = ground === undefined ? isBlind : !ground.isSettled
  const known: StoredPosition[] = position === undefined ? [] : [{ clusterId, shard, position }]
  return isUnknown ? [...known, { clusterId, shard, position: 'unknown' }] : known
}

function isSame(one: Position | undefined, other: Position | undefined): boolean {
  if (one === undefined || other === undefined) return one === other
  return one.system === other.system && one.timeline === other.timeline && one.lsn === other.lsn
}
