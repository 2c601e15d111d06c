/**
 * A point in one history of writes. Comparable only within its `system`, and across timelines only where it is known
 * where one branched off from the other.
 */
export interface Position {
  /** Which history: PostgreSQL's system identifier. */
  readonly system: string
  /** Grows with each promotion. */
  readonly timeline: number
  /** Bytes of WAL since the beginning. */
  readonly lsn: bigint
}

/** A position of the primary, and the moment at which we asked for it: all that had ended by then is before it. */
export interface Sample {
  readonly position: Position
  /** See `Moments`. */
  readonly moment: number
  /** The same on the clock. */
  readonly askedMs: number
}

/**
 * The order in which this process asked and was answered: a number that grows with every event that matters. Unlike
 * the clock it never gives one number to two events.
 */
export interface Moments {
  next(): number
}

/** For people: `1/0/1A2B3C8`, the timeline and the LSN as PostgreSQL writes it. */
export function positionText({ timeline, lsn }: Position): string {
  return `${timeline}/${lsnText(lsn)}`
}

/** As PostgreSQL writes it: `0/1A2B3C8`. */
export function lsnText(lsn: bigint): string {
  return `${(lsn >> 32n).toString(16)}/${(lsn & 0xffffffffn).toString(16)}`.toUpperCase()
}
