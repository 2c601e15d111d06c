import type { StoredPosition } from '../../cluster/session-positions.js'
import type { Position } from '../../model/position.js'

/** 32 bits, and 64, in decimal. */
const TIMELINE_DIGITS = 10
const LSN_DIGITS = 20
const FIELD = /^(\d{10})\/(\d{20})\/(.*)$/s

/** A place and its position, as the script reads them: what must be compared comes first, in fixed width. */
export function rowOf({ clusterId, shard, position }: StoredPosition): readonly [place: string, position: string] {
  const place = JSON.stringify(shard === undefined ? [clusterId] : [clusterId, shard])
  return [place, position === 'unknown' ? '' : textOf(position)]
}

/** @throws {Error} the script's answer is none: the key belongs to somebody else. */
export function positionsIn(answer: unknown): readonly StoredPosition[] {
  if (!Array.isArray(answer)) throw new Error(`Redis answered with ${typeof answer} where a list was expected`)
  const fields = answer.map(String)
  const found: StoredPosition[] = []
  for (let i = 0; i + 1 < fields.length; i += 2) found.push(positionIn(fields[i] as string, fields[i + 1] as string))
  return found
}

function textOf({ system, timeline, lsn }: Position): string {
  return `${timeline.toString().padStart(TIMELINE_DIGITS, '0')}/${lsn.toString().padStart(LSN_DIGITS, '0')}/${system}`
}

function positionIn(field: string, text: string): StoredPosition {
  const [clusterId, shard] = placeIn(field)
  if (field.startsWith('?')) return { clusterId, shard, position: 'unknown' }
  const [, timeline, lsn, system] = FIELD.exec(text) ?? []
  if (timeline === undefined || lsn === undefined || system === undefined) throw foreign()
  return { clusterId, shard, position: { system, timeline: Number(timeline), lsn: BigInt(lsn) } }
}

function placeIn(field: string): readonly [clusterId: string, shard: string | undefined] {
  const place: unknown = JSON.parse(field.slice(1))
  if (!Array.isArray(place)) throw foreign()
  const [clusterId, shard] = place
  if (typeof clusterId !== 'string' || (shard !== undefined && typeof shard !== 'string')) throw foreign()
  return [clusterId, shard]
}

function foreign(): Error {
  return new Error('the hash in Redis holds a field that no session store wrote: choose another prefix')
}
