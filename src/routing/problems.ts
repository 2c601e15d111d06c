import { ConfigError, type ConfigProblem } from '../base/errors.js'

/** Gathers what is wrong with a configuration, so that all of it is told at once. */
export class Problems {
  readonly #list: ConfigProblem[] = []

  add(path: string, rule: string, found: unknown): undefined {
    this.#list.push({ path, rule, found: describe(found) })
    return undefined
  }

  /** @throws {ConfigError} */
  throwIfAny(): void {
    if (this.#list.length > 0) throw new ConfigError(this.#list)
  }

  string(path: string, value: unknown): string | undefined {
    if (value === undefined) return undefined
    return typeof value === 'string' && value !== '' ? value : this.add(path, 'must be a text, not empty', value)
  }

  boolean(path: string, value: unknown): boolean | undefined {
    if (value === undefined) return undefined
    return typeof value === 'boolean' ? value : this.add(path, 'must be true or false', value)
  }

  /** A finite number of at least `least`. */
  number(path: string, value: unknown, least: number): number | undefined {
    if (value === undefined) return undefined
    const isGood = typeof value === 'number' && Number.isFinite(value) && value >= least
    return isGood ? value : this.add(path, `must be a number of at least ${least}`, value)
  }

  wholeNumber(path: string, value: unknown, least: number): number | undefined {
    if (value === undefined) return undefined
    const isGood = typeof value === 'number' && Number.isSafeInteger(value) && value >= least
    return isGood ? value : this.add(path, `must be a whole number of at least ${least}`, value)
  }

  names(path: string, value: unknown): readonly string[] {
    if (value === undefined) return []
    const isGood = Array.isArray(value) && value.every((it) => typeof it === 'string')
    if (isGood) return (value as string[]).map((it) => it.toLowerCase())
    this.add(path, 'must be a list of names', value)
    return []
  }

  oneOf<Choice extends string>(path: string, value: unknown, choices: readonly Choice[]): Choice | undefined {
    if (value === undefined) return undefined
    if (choices.includes(value as Choice)) return value as Choice
    return this.add(path, `must be one of ${choices.join(', ')}`, value)
  }

  callable<F>(path: string, value: unknown): F | undefined {
    if (value === undefined) return undefined
    return typeof value === 'function' ? (value as F) : this.add(path, 'must be a function', value)
  }
}

/** What stands there, without anything that could be a secret: the inside of objects stays inside. */
function describe(value: unknown): string {
  if (typeof value === 'string') return `'${redactUrl(value)}'`
  if (typeof value === 'function') return 'a function'
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (typeof value === 'object' && value !== null) return 'something else'
  return String(value)
}

/** `postgres://user:secret@host` → `postgres://user:***@host`, in anything that looks like a URL; long texts are cut. */
export function redactUrl(text: string): string {
  const scheme = text.indexOf('://')
  const at = text.lastIndexOf('@')
  const colon = scheme < 0 ? -1 : text.indexOf(':', scheme + 3)
  const hidden = scheme >= 0 && colon > 0 && colon < at ? `${text.slice(0, colon)}:***${text.slice(at)}` : text
  const query = hidden.indexOf('?')
  const shown = query < 0 ? hidden : `${hidden.slice(0, query)}?…`
  return shown.length > 120 ? `${shown.slice(0, 120)}…` : shown
}
