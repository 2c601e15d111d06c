import type { Position } from '../model/position.js'
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
}

/** A position that a session must see, and where. */
export interface StoredPosition {
  /** The `id` of the pool. */
  readonly clusterId: string
  readonly shard: string | undefined
  /** `unknown`: there was a write whose position nobody could learn. */
  readonly position: Position | 'unknown'
}

interface Place {
  readonly clusterId: string
  readonly shard: string | undefined
  /** Made when the session first meets the cluster. */
  ground: SessionGround | undefined
  /** What it was begun with. */
  begunWith: Position | 'unknown' | undefined
}

/** What a session must see, by cluster and shard. */
export class SessionPositions {
  readonly #places: Place[] = []
  readonly #begunWith: 'unknown' | undefined

  /** @param begunWith what it must see of clusters that nothing is known of: `unknown`, what their primaries show. */
  constructor(begunWith: 'unknown' | undefined) {
    this.#begunWith = begunWith
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
    }
    return place.ground as Ground
  }

  adopt(clusterId: string, shard: string | undefined, position: Position | 'unknown'): void {
    const place = this.#placeOf(clusterId, shard)
    if (place.ground !== undefined) place.ground.raise(position)
    else if (place.begunWith === undefined || position === 'unknown' || isLater(position, place.begunWith)) {
      place.begunWith = position
    }
  }

  get hasMoved(): boolean {
    return this.#places.some(({ ground, begunWith }) => {
      if (ground === undefined) return false
      return !ground.isSettled || !isSame(ground.position, begunWith)
    })
  }

  async settle(): Promise<void> {
    await Promise.all(this.#places.map((place) => place.ground?.settle()))
  }

  stored(): readonly StoredPosition[] {
    return this.#places.flatMap(({ clusterId, shard, ground, begunWith }) => {
      const isUnknown = ground !== undefined && !ground.isSettled
      const position = isUnknown ? 'unknown' : ground === undefined ? begunWith : ground.position
      return position === undefined ? [] : [{ clusterId, shard, position }]
    })
  }

  portable(): readonly Omit<TokenPosition, 'untilMs'>[] {
    return this.stored().map((it) => ({ kind: 'position', ...it }))
  }

  /** A session meets few: a list is faster than a map of maps. */
  #placeOf(clusterId: string, shard: string | undefined): Place {
    for (const place of this.#places) if (place.clusterId === clusterId && place.shard === shard) return place
    const place: Place = { clusterId, shard, ground: undefined, begunWith: this.#begunWith }
    this.#places.push(place)
    return place
  }
}

function isLater(one: Position, other: Position | 'unknown'): boolean {
  if (other === 'unknown') return false
  return one.timeline > other.timeline || (one.timeline === other.timeline && one.lsn > other.lsn)
}

function isSame(one: Position | undefined, other: Position | 'unknown' | undefined): boolean {
  if (one === undefined || other === undefined || other === 'unknown') return one === other
  return one.system === other.system && one.timeline === other.timeline && one.lsn === other.lsn
}
