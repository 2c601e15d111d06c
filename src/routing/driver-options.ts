import { DRIVER_KEYS, DRIVER_OPTIONS, type DriverRule } from './known-options.js'
import { describeNumber, fits, LONGEST_MS, type Problems } from './problems.js'

/** The driver's options among these, checked, without those that say nothing. */
export function readDriverOptions(
  given: Readonly<Record<string, unknown>>,
  prefix: string,
  problems: Problems,
): Record<string, unknown> {
  const read: Record<string, unknown> = {}
  for (const key of DRIVER_KEYS) {
    const value = given[key]
    if (value === undefined) continue
    read[key] = value
    const broken = value === null ? undefined : ruleBrokenBy(value, DRIVER_OPTIONS[key] ?? 'any')
    if (broken === undefined) continue
    if (typeof value === 'number') problems.add(`${prefix}${key}`, broken, value)
    else problems.addHidden(`${prefix}${key}`, broken, value)
  }
  return read
}

function ruleBrokenBy(value: unknown, rule: DriverRule): string | undefined {
  switch (rule) {
    case 'any':
      return undefined
    case 'text':
      return typeof value === 'string' ? undefined : 'must be a text'
    case 'flag':
      return typeof value === 'boolean' ? undefined : 'must be true or false'
    case 'function':
      return typeof value === 'function' ? undefined : 'must be a function'
    case 'password':
      return typeof value === 'string' || typeof value === 'function' ? undefined : 'must be a text or a function'
    case 'port':
      return isPort(value) ? undefined : 'must be a port: a whole number from 1 to 65535'
    case 'ssl':
      return isSsl(value) ? undefined : "must be true, false, 'no-verify' or an object of TLS options"
    default:
      return numberBrokenBy(value, rule)
  }
}

function numberBrokenBy(value: unknown, rule: Extract<DriverRule, object>): string | undefined {
  if (rule.alsoFalse === true && (value === false || (typeof value === 'string' && /^\d+$/.test(value))))
    return undefined
  if (rule.mayBeEndless === true && value === Number.POSITIVE_INFINITY) return undefined
  const whole = rule.isWhole === true ? { isWhole: true } : {}
  const bounds = { least: rule.least, most: LONGEST_MS, ...whole }
  return typeof value === 'number' && fits(value, bounds) ? undefined : `must be ${describeNumber(bounds)}`
}

function isPort(value: unknown): boolean {
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value
  return typeof number === 'number' && fits(number, { least: 1, most: 65_535, isWhole: true })
}

function isSsl(value: unknown): boolean {
  return typeof value === 'boolean' || typeof value === 'object' || value === 'true' || value === 'no-verify'
}
