import { Problems } from '../routing/problems.js'

/** One level of a `database.yml`: text from YAML, anything from an object. Keys are names, without Ruby's colon. */
export type Section = Readonly<Record<string, unknown>>

/** Values of a `database.yml` in the types that Sluice wants, and what is to be said about them. */
export class Reading {
  readonly problems = new Problems()
  readonly warnings: string[] = []

  warn(path: string, what: string): void {
    const warning = `${path} ${what}`
    if (!this.warnings.includes(warning)) this.warnings.push(warning)
  }

  text(path: string, value: unknown): string | undefined {
    if (isNothing(value)) return undefined
    if (typeof value === 'string' || typeof value === 'number') return String(value)
    return this.problems.addHidden(path, 'must be a text', value)
  }

  number(path: string, value: unknown, least = 0): number | undefined {
    if (isNothing(value)) return undefined
    const number =
      typeof value === 'string' && /^[+-]?[\d_]*\.?\d+$/.test(value) ? Number(value.replaceAll('_', '')) : value
    if (typeof number === 'number' && Number.isFinite(number) && number >= least) return number
    return this.problems.addHidden(path, `must be a number of at least ${least}`, value)
  }

  milliseconds(path: string, seconds: unknown): number | undefined {
    const read = this.number(path, seconds)
    return read === undefined ? undefined : Math.round(read * 1000)
  }

  /** As Ruby reads them from YAML. */
  flag(path: string, value: unknown): boolean | undefined {
    if (isNothing(value)) return undefined
    if (typeof value === 'boolean') return value
    const word = String(value).toLowerCase()
    if (TRUE.has(word)) return true
    if (FALSE.has(word)) return false
    return this.problems.addHidden(path, 'must be true or false', value)
  }

  list(path: string, value: unknown): readonly unknown[] {
    if (isNothing(value)) return []
    if (Array.isArray(value)) return value
    this.problems.addHidden(path, 'must be a list', value)
    return []
  }

  section(path: string, value: unknown): Section {
    if (isNothing(value)) return {}
    if (typeof value === 'object' && !Array.isArray(value)) return withNames(value as Section)
    this.problems.addHidden(path, 'must hold options, each with its name', value)
    return {}
  }
}

const TRUE = new Set(['true', 'yes', 'on', '1'])
const FALSE = new Set(['false', 'no', 'off', '0'])

/** Ruby's `nil`, as YAML may write it. */
export function isNothing(value: unknown): boolean {
  return value === undefined || value === null || value === '' || value === '~' || value === 'null'
}

/** Ruby's symbols come with a colon. */
export function withNames(section: Section): Section {
  return Object.fromEntries(Object.entries(section).map(([key, value]) => [key.replace(/^:/, ''), value]))
}
