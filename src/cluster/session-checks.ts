import { ConfigError } from '../base/errors.js'

/** Refuses what a program cannot mean. @throws {ConfigError} */
export function refuse(path: string, rule: string, found: string): never {
  throw new ConfigError([{ path, rule, found }])
}

export function isTime(ms: unknown): ms is number {
  return typeof ms === 'number' && Number.isFinite(ms) && ms > 0
}

/** What a value is, without showing it. */
export function kindOf(value: unknown): string {
  return value === '' ? 'an empty text' : Array.isArray(value) ? `a list of ${value.length}` : typeof value
}
