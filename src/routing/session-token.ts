import { createHmac, timingSafeEqual } from 'node:crypto'

/** A session's pins made portable: which cluster, where its reads must go, and until when by the wall clock. */
export interface TokenPin {
  readonly cluster: string
  /** `primary`, or the name of a node. */
  readonly to: string
  readonly because: 'wrote' | 'pinned'
  readonly untilMs: number
}

/** Why a token was not believed. Never an error for the user whose cookie it was. */
export type TokenProblem = 'malformed' | 'forged' | 'expired' | 'too-long'

const VERSION = 'v1'
/** Browsers keep cookies of 4096 bytes. */
const LONGEST = 4000
const MOST_PINS = 32

/**
 * Opaque, versioned text: `v1.<pins>.<mac>`, HMAC-SHA-256 over the rest.
 *
 * @param keys the first signs; must be secret.
 */
export function signToken(pins: readonly TokenPin[], keys: readonly string[]): string {
  const short = pins.slice(0, MOST_PINS).map((pin) => [pin.cluster, pin.to, pin.because[0], Math.ceil(pin.untilMs)])
  const body = `${VERSION}.${Buffer.from(JSON.stringify(short)).toString('base64url')}`
  return `${body}.${macOf(body, keys[0] ?? '').toString('base64url')}`
}

/** The pins still in force, or why the token is not believed. Never throws, whatever the text. */
export function readToken(text: string, keys: readonly string[], nowMs: number): readonly TokenPin[] | TokenProblem {
  if (text.length > LONGEST) return 'too-long'
  const lastDot = text.lastIndexOf('.')
  if (!text.startsWith(`${VERSION}.`) || lastDot <= VERSION.length) return 'malformed'
  const body = text.slice(0, lastDot)
  const mac = Buffer.from(text.slice(lastDot + 1), 'base64url')
  if (!keys.some((key) => isEqual(macOf(body, key), mac))) return 'forged'
  const pins = parsePins(body.slice(VERSION.length + 1))
  if (pins === undefined) return 'malformed'
  const valid = pins.filter((pin) => pin.untilMs > nowMs)
  return valid.length === 0 && pins.length > 0 ? 'expired' : valid
}

function macOf(body: string, key: string): Buffer {
  return createHmac('sha256', key).update(body).digest()
}

function isEqual(one: Buffer, other: Buffer): boolean {
  return one.length === other.length && timingSafeEqual(one, other)
}

function parsePins(encoded: string): readonly TokenPin[] | undefined {
  try {
    const rows: unknown = JSON.parse(Buffer.from(encoded, 'base64url').toString())
    if (!Array.isArray(rows) || rows.length > MOST_PINS || !rows.every(isRow)) return undefined
    return rows.map(([cluster, to, because, untilMs]) => ({
      cluster,
      to,
      because: because === 'w' ? 'wrote' : 'pinned',
      untilMs,
    }))
  } catch {
    // Signed by us, yet not ours to read: a later version's. Not believed.
    return undefined
  }
}

function isRow(row: unknown): row is [string, string, string, number] {
  if (!Array.isArray(row) || row.length !== 4) return false
  return (
    typeof row[0] === 'string' && typeof row[1] === 'string' && typeof row[2] === 'string' && Number.isFinite(row[3])
  )
}
