import type { Position } from '../model/position.js'

/**
 * How the history of writes came to the primary's timeline: where each earlier one ended in it. Immutable.
 *
 * Only what this process has seen itself is in it: a server tells where its timeline began to those alone who may read
 * its files.
 */
export interface Lineage {
  /** The present primary's. */
  readonly system: string
  readonly timeline: number
  /** By earlier timeline: the last position on it that belongs to the present history. */
  readonly ends: ReadonlyMap<number, bigint>
}

/** The history after a node of it was promoted to `timeline` at `lsn`: what the earlier timelines had beyond is lost. */
export function promoted(before: Lineage, timeline: number, lsn: bigint): Lineage {
  const ends = new Map([...before.ends].map(([it, end]) => [it, end < lsn ? end : lsn]))
  ends.set(before.timeline, lsn)
  return { system: before.system, timeline, ends }
}

/** The same history on a timeline that we have not seen begin: what was earlier cannot be compared with it. */
export function unknownBefore(at: Position): Lineage {
  return { system: at.system, timeline: at.timeline, ends: new Map() }
}

/**
 * `kept`: the position is part of the present history. `lost`: a promotion has left it behind, as an asynchronous
 * standby may. `unknown`: nobody here saw where its timeline ended. `ahead`: it is of a later timeline than the primary
 * that we know. `foreign`: of another system.
 */
export type Standing = 'kept' | 'lost' | 'unknown' | 'ahead' | 'foreign'

export function standingOf(position: Position, lineage: Lineage): Standing {
  if (position.system !== lineage.system) return 'foreign'
  if (position.timeline === lineage.timeline) return 'kept'
  if (position.timeline > lineage.timeline) return 'ahead'
  const end = lineage.ends.get(position.timeline)
  if (end === undefined) return 'unknown'
  return position.lsn <= end ? 'kept' : 'lost'
}

/**
 * Whether a server that stands at `at` shows everything up to `wanted`.
 *
 * On an older timeline than the wanted one it never does, however far it has come: it may have come along another branch.
 */
export function covers(at: Position | undefined, wanted: Position, lineage: Lineage | undefined): boolean {
  if (at === undefined || at.system !== wanted.system || at.lsn < wanted.lsn) return false
  if (at.timeline === wanted.timeline) return true
  if (at.timeline < wanted.timeline) return false
  return lineage !== undefined && at.timeline === lineage.timeline && standingOf(wanted, lineage) === 'kept'
}

/** The later of two positions of one system; of two timelines, the newer. */
export function later(one: Position | undefined, other: Position): Position {
  if (one === undefined || one.system !== other.system || other.timeline > one.timeline) return other
  return other.timeline === one.timeline && other.lsn > one.lsn ? other : one
}
