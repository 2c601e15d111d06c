import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Position } from '../model/position.js'
import type { TokenProblem } from '../model/token-problem.js'

/** A session's pin made portable: whose reads must go where, and until when by the wall clock. */
export interface TokenPin {
  readonly kind: 'pin'
  /** The cluster's id; `undefined`: every cluster. */
  readonly cluster: string | undefined
  readonly to: 'primary' | { readonly node: string }
  readonly because: 'wrote' | 'pinned'
  readonly untilMs: number
}

/** What a session must see, made portable; or what it has `seen` on replicas, and the primary may not show yet. */
export interface TokenPosition {
  readonly kind: 'position' | 'seen'
  readonly clusterId: string
  readonly shard: string | undefined
  /** `unknown`: it wrote, and where that was could not be learnt. */
  readonly position: Position | 'unknown'
  readonly untilMs: number
}

export type TokenEntry = TokenPin | TokenPosition

const VERSION = 'v1'
/** Signed too, so that a signature made elsewhere with the same key is none here. */
const PURPOSE = 'sluice session token '
/** Browsers keep 4096 bytes of a cookie, its name included. Nothing longer is looked at. */
const LONGEST = 4096
/** What we write leaves room for the cookie's name and attributes. */
const LONGEST_WRITTEN = 3800
const MOST_ENTRIES = 32

/**
 * Opaque, versioned text, safe in a cookie, a header or a URL: `v1.<entries>.<HMAC-SHA-256>`. Signed, not encrypted: it
 * holds ids of clusters, names of nodes, positions and times.
 *
 * Entries that do not fit into 3800 characters are left out, those that end first before the others.
 *
 * @param keys the first signs.
 */
export function signToken(entries: readonly TokenEntry[], keys: readonly string[]): string {
  const kept = entries.toSorted((one, other) => other.untilMs - one.untilMs).slice(0, MOST_ENTRIES)
  for (;;) {
    const body = `${VERSION}.${Buffer.from(JSON.stringify(kept.map(rowOf))).toString('base64url')}`
    const token = `${body}.${macOf(body, keys[0] ?? '')}`
    if (token.length <= LONGEST_WRITTEN || kept.length === 0) return token
    kept.pop()
  }
}

/** What is still in force, or why the token is not believed. Never throws, whatever it is given. */
export function readToken(text: unknown, keys: readonly string[], nowMs: number): readonly TokenEntry[] | TokenProblem {
  if (typeof text !== 'string') return 'malformed'
  if (text.length > LONGEST) return 'too-long'
  const [, body = '', payload = '', mac = ''] = /^(v1\.([\w-]+))\.([\w-]+)$/.exec(text) ?? []
  if (body === '') return 'malformed'
  if (!keys.some((key) => isEqual(macOf(body, key), mac))) return 'forged'
  const entries = parseRows(payload)
  if (entries === undefined) return 'malformed'
  const valid = entries.filter((entry) => entry.untilMs > nowMs)
  return valid.length === 0 ? 'expired' : valid
}

type PinRow = readonly [because: 'w' | 'p', untilMs: number, cluster: string | null, node: string | null]
type PositionRow = readonly [
  kind: 'l' | 's',
  untilMs: number,
  clusterId: string,
  shard: string | null,
  ...position: readonly [] | readonly [system: string, timeline: number, lsn: string],
]

function rowOf(entry: TokenEntry): PinRow | PositionRow {
  const untilMs = Math.ceil(entry.untilMs)
  if (entry.kind === 'pin') {
    const { cluster, to, because } = entry
    return [because === 'wrote' ? 'w' : 'p', untilMs, cluster ?? null, to === 'primary' ? null : to.node]
  }
  const { clusterId, shard, position } = entry
  const kind = entry.kind === 'seen' ? 's' : 'l'
  if (position === 'unknown') return [kind, untilMs, clusterId, shard ?? null]
  return [kind, untilMs, clusterId, shard ?? null, position.system, position.timeline, position.lsn.toString(16)]
}

function macOf(body: string, key: string): string {
  return createHmac('sha256', key).update(PURPOSE).update(body).digest('base64url')
}

/** Takes as long for a wrong first letter as for a wrong last one. */
function isEqual(expected: string, given: string): boolean {
  return expected.length === given.length && timingSafeEqual(Buffer.from(expected), Buffer.from(given))
}

function parseRows(payload: string): readonly TokenEntry[] | undefined {
  try {
    const rows: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString())
    if (!Array.isArray(rows) || rows.length > MOST_ENTRIES) return undefined
    const entries = rows.map((row) => (isPinRow(row) ? pinOf(row) : isPositionRow(row) ? positionOf(row) : undefined))
    return entries.every((entry) => entry !== undefined) ? entries : undefined
  } catch {
    // Signed with our key, yet not ours to read. Not believed.
    return undefined
  }
}

function pinOf([because, untilMs, cluster, node]: PinRow): TokenPin {
  return {
    kind: 'pin',
    cluster: cluster ?? undefined,
    to: node === null ? 'primary' : { node },
    because: because === 'w' ? 'wrote' : 'pinned',
    untilMs,
  }
}

function positionOf([kind, untilMs, clusterId, shard, system, timeline, lsn]: PositionRow): TokenPosition {
  const isKnown = system !== undefined && timeline !== undefined && lsn !== undefined
  const position = isKnown ? { system, timeline, lsn: BigInt(`0x${lsn}`) } : ('unknown' as const)
  const what = kind === 's' ? 'seen' : 'position'
  return { kind: what, clusterId, shard: shard ?? undefined, position, untilMs }
}

function isPinRow(row: unknown): row is PinRow {
  if (!Array.isArray(row) || row.length !== 4) return false
  const [because, untilMs, ...names] = row
  return (because === 'w' || because === 'p') && Number.isFinite(untilMs) && names.every(isNameOrNull)
}

function isPositionRow(row: unknown): row is PositionRow {
  if (!Array.isArray(row) || (row.length !== 4 && row.length !== 7)) return false
  const [kind, untilMs, clusterId, shard, system, timeline, lsn] = row
  if (
    (kind !== 'l' && kind !== 's') ||
    !Number.isFinite(untilMs) ||
    typeof clusterId !== 'string' ||
    !isNameOrNull(shard)
  )
    return false
  if (row.length === 4) return true
  return (
    typeof system === 'string' && Number.isInteger(timeline) && typeof lsn === 'string' && /^[\da-f]{1,16}$/.test(lsn)
  )
}

function isNameOrNull(it: unknown): boolean {
  return it === null || typeof it === 'string'
}
