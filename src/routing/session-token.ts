import { createHmac, timingSafeEqual } from 'node:crypto'

/** A session's pin made portable: whose reads must go where, and until when by the wall clock. */
export interface TokenPin {
  /** The cluster's id; `undefined`: every cluster. */
  readonly cluster: string | undefined
  readonly to: 'primary' | { readonly node: string }
  readonly because: 'wrote' | 'pinned'
  readonly untilMs: number
}

/**
 * Why a token was not believed. Never an error for the user whose cookie it was.
 *
 * `malformed`: not one of ours, or of a version to come. `forged`: no key of ours signed it. `expired`: believed, but
 * nothing in it is still in force.
 */
export type TokenProblem = 'malformed' | 'forged' | 'expired' | 'too-long'

const VERSION = 'v1'
/** Signed too, so that a signature made elsewhere with the same key is none here. */
const PURPOSE = 'sluice session token '
/** Browsers keep 4096 bytes of a cookie, its name included. Nothing longer is looked at. */
const LONGEST = 4096
/** What we write leaves room for the cookie's name and attributes. */
const LONGEST_WRITTEN = 3800
const MOST_PINS = 32

/**
 * Opaque, versioned text, safe in a cookie, a header or a URL: `v1.<pins>.<HMAC-SHA-256>`. Signed, not encrypted: it
 * holds ids of clusters, names of nodes and times.
 *
 * Pins that do not fit into 3800 characters are left out, those that end first before the others.
 *
 * @param keys the first signs.
 */
export function signToken(pins: readonly TokenPin[], keys: readonly string[]): string {
  const kept = pins.toSorted((one, other) => other.untilMs - one.untilMs).slice(0, MOST_PINS)
  for (;;) {
    const body = `${VERSION}.${Buffer.from(JSON.stringify(kept.map(rowOf))).toString('base64url')}`
    const token = `${body}.${macOf(body, keys[0] ?? '')}`
    if (token.length <= LONGEST_WRITTEN || kept.length === 0) return token
    kept.pop()
  }
}

/** The pins still in force, or why the token is not believed. Never throws, whatever it is given. */
export function readToken(text: unknown, keys: readonly string[], nowMs: number): readonly TokenPin[] | TokenProblem {
  if (typeof text !== 'string') return 'malformed'
  if (text.length > LONGEST) return 'too-long'
  const [, body = '', payload = '', mac = ''] = /^(v1\.([\w-]+))\.([\w-]+)$/.exec(text) ?? []
  if (body === '') return 'malformed'
  if (!keys.some((key) => isEqual(macOf(body, key), mac))) return 'forged'
  const pins = parsePins(payload)
  if (pins === undefined) return 'malformed'
  const valid = pins.filter((pin) => pin.untilMs > nowMs)
  return valid.length === 0 ? 'expired' : valid
}

type Row = readonly [cluster: string | null, node: string | null, because: 'w' | 'p', untilMs: number]

function rowOf({ cluster, to, because, untilMs }: TokenPin): Row {
  return [cluster ?? null, to === 'primary' ? null : to.node, because === 'wrote' ? 'w' : 'p', Math.ceil(untilMs)]
}

function macOf(body: string, key: string): string {
  return createHmac('sha256', key).update(PURPOSE).update(body).digest('base64url')
}

/** Takes as long for a wrong first letter as for a wrong last one. */
function isEqual(expected: string, given: string): boolean {
  return expected.length === given.length && timingSafeEqual(Buffer.from(expected), Buffer.from(given))
}

function parsePins(payload: string): readonly TokenPin[] | undefined {
  try {
    const rows: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString())
    if (!Array.isArray(rows) || rows.length > MOST_PINS || !rows.every(isRow)) return undefined
    return rows.map(([cluster, node, because, untilMs]) => ({
      cluster: cluster ?? undefined,
      to: node === null ? 'primary' : { node },
      because: because === 'w' ? 'wrote' : 'pinned',
      untilMs,
    }))
  } catch {
    // Signed with our key, yet not ours to read. Not believed.
    return undefined
  }
}

function isRow(row: unknown): row is Row {
  if (!Array.isArray(row) || row.length !== 4) return false
  const [cluster, node, because, untilMs] = row
  const areNames = [cluster, node].every((it) => it === null || typeof it === 'string')
  return areNames && (because === 'w' || because === 'p') && Number.isFinite(untilMs)
}
