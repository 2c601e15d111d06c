import { ConfigError, type ConfigProblem } from '../base/errors.js'

/** The longest that a timer of Node.js can wait; more would make it fire at once. */
export const LONGEST_MS = 2_147_483_647

/** What a number must be. `most` is `LONGEST_MS` for whatever ends up in a timer. */
export interface NumberRule {
  readonly least: number
  readonly most?: number
  readonly isWhole?: boolean
}

/**
 * Gathers what is wrong with a configuration, so that all of it is told at once.
 *
 * Each reader gives back the value, or `undefined` when there is none or it is wrong: the default may then stand in,
 * because `throwIfAny` comes before anybody uses it.
 */
export class Problems {
  readonly #list: ConfigProblem[] = []

  get isEmpty(): boolean {
    return this.#list.length === 0
  }

  /** For values that hold no secret: they are shown. */
  add(path: string, rule: string, found: unknown): undefined {
    this.#list.push({ path, rule, found: shown(found) })
    return undefined
  }

  /** For values that may hold a secret: only their kind is told. */
  addHidden(path: string, rule: string, found: unknown): undefined {
    this.#list.push({ path, rule, found: kindOf(found) })
    return undefined
  }

  /** @throws {ConfigError} */
  throwIfAny(): void {
    if (this.#list.length > 0) throw new ConfigError(this.#list)
  }

  string(path: string, value: unknown, longest = 255): string | undefined {
    if (value === undefined) return undefined
    const isGood = typeof value === 'string' && value !== '' && value.length <= longest && !hasControls(value)
    if (isGood) return value
    return this.add(path, `must be a text of 1 to ${longest} characters, none of them a control character`, value)
  }

  boolean(path: string, value: unknown): boolean | undefined {
    if (value === undefined) return undefined
    return typeof value === 'boolean' ? value : this.add(path, 'must be true or false', value)
  }

  number(path: string, value: unknown, rule: NumberRule): number | undefined {
    if (value === undefined) return undefined
    if (typeof value === 'number' && fits(value, rule)) return value
    return this.add(path, `must be ${describeNumber(rule)}`, value)
  }

  names(path: string, value: unknown): readonly string[] {
    if (value === undefined) return []
    if (Array.isArray(value) && value.every((it) => typeof it === 'string' && it !== '')) {
      return value.map((it: string) => it.toLowerCase())
    }
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

  /** An object whose keys are all among `known`. */
  record(path: string, value: unknown, known: readonly string[]): Readonly<Record<string, unknown>> | undefined {
    if (value === undefined) return undefined
    const rule = `must be an object of ${known.join(', ')}`
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return this.add(path, rule, value)
    const strange = Object.keys(value).find((key) => !known.includes(key))
    const given = value as Readonly<Record<string, unknown>>
    if (strange === undefined) return given
    return this.addHidden(`${path}.${strange}`, `is not an option: there are ${known.join(', ')}`, given[strange])
  }
}

/** Also used where a number may come as text. */
export function fits(value: number, { least, most = Number.MAX_VALUE, isWhole = false }: NumberRule): boolean {
  return Number.isFinite(value) && value >= least && value <= most && (!isWhole || Number.isSafeInteger(value))
}

export function describeNumber({ least, most, isWhole }: NumberRule): string {
  const kind = isWhole === true ? 'a whole number' : 'a number'
  return most === undefined ? `${kind} of at least ${least}` : `${kind} from ${least} to ${most}`
}

function hasControls(text: string): boolean {
  return /\p{Cc}/u.test(text)
}

const LONGEST_SHOWN = 60

function shown(value: unknown): string {
  if (typeof value === 'string') {
    // A URL in the place of a name: its password is not for the log.
    if (value.includes('://') || value.includes('@')) return 'what looks like a URL'
    return `'${value.length > LONGEST_SHOWN ? `${value.slice(0, LONGEST_SHOWN)}…` : value}'`
  }
  return typeof value === 'object' || typeof value === 'function' ? kindOf(value) : String(value)
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (value === '') return 'an empty text'
  if (Array.isArray(value)) return `a list of ${value.length}`
  switch (typeof value) {
    case 'string':
      return 'a text'
    case 'object':
      return 'an object'
    default:
      return `a ${typeof value}`
  }
}
