import type { TokenProblem } from '../model/token-problem.js'
import { readToken, signToken, type TokenEntry } from '../routing/session-token.js'
import { isTime, kindOf, refuse } from './session-checks.js'

/** Signs and reads tokens. Make one with `sessionTokens` and keep it. */
export interface SessionTokens {
  readonly maxAgeMs: number
  sign(entries: readonly TokenEntry[]): string
  read(text: string, wallMs: number): readonly TokenEntry[] | TokenProblem
}

export interface SessionTokensOptions {
  /** Secret texts of at least 16 bytes. The first signs, all are believed: to change the key, put the new one in front. */
  readonly keys: readonly string[]
  /** No token holds a session for longer, in milliseconds. Default one hour, longer than any sensible `sticky.ttlMs`. */
  readonly maxAgeMs?: number
}

/** HMAC is worth no more than its key. */
const SHORTEST_KEY_BYTES = 16
const DEFAULT_MAX_AGE_MS = 3_600_000

/** @throws {ConfigError} no key, a key that is too short, or a time that is none. */
export function sessionTokens({ keys, maxAgeMs = DEFAULT_MAX_AGE_MS }: SessionTokensOptions): SessionTokens {
  if (!Array.isArray(keys) || keys.length === 0) refuse('keys', 'must be a list of at least one key', kindOf(keys))
  for (const [i, key] of keys.entries()) {
    const bytes = typeof key === 'string' ? Buffer.byteLength(key) : undefined
    if (bytes !== undefined && bytes >= SHORTEST_KEY_BYTES) continue
    const found = bytes === undefined ? kindOf(key) : `${bytes} bytes`
    refuse(`keys[${i}]`, `must be a text of at least ${SHORTEST_KEY_BYTES} bytes`, found)
  }
  if (!isTime(maxAgeMs)) refuse('maxAgeMs', 'must be a number above 0', String(maxAgeMs))
  const own = [...keys]
  return {
    maxAgeMs,
    sign: (entries) => signToken(entries, own),
    read: (text, wallMs) => readToken(text, own, wallMs),
  }
}
