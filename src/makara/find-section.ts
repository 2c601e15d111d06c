import { parseDocument } from 'yaml'
import { ConfigError } from '../base/errors.js'
import { isNothing, type Section, withNames } from './reading.js'

/** What one environment of a `database.yml` says: for Rails, and for Makara. */
export interface MakaraSection {
  readonly top: Section
  readonly makara: Section
  /** Where the latter stands, for messages. */
  readonly path: string
}

/**
 * Finds the `makara:` section: of the environment that is named, of the only one that has it, at the top, or the text
 * itself, if it holds `connections`.
 *
 * @throws {ConfigError} no YAML, no such section, or one that only Ruby can finish.
 */
export function findSection(source: unknown, environment: string | undefined): MakaraSection {
  const whole = typeof source === 'string' ? parse(source) : source
  if (!isSection(whole)) return refuse('makara', 'must be the text of a database.yml, or an object', typeof whole)
  const found = pick(withNames(whole), environment)
  refuseTemplates(found.top, found.path.replace(/\.?makara$/, ''))
  return found
}

/**
 * All scalars as the text that they were: a password of digits must keep its zeros, and Ruby's YAML is of another
 * version, in which `yes` is true.
 */
function parse(text: string): unknown {
  const document = parseDocument(text, { schema: 'failsafe', merge: true, logLevel: 'silent' })
  const [error] = document.errors
  if (error === undefined) return document.toJS()
  if (text.includes('<%')) return refuseTemplate('database.yml')
  return refuse('database.yml', 'must be YAML', `${error.code} at line ${error.linePos?.[0].line ?? '?'}`)
}

function pick(whole: Section, environment: string | undefined): MakaraSection {
  if (environment !== undefined) return ofEnvironment(whole, environment)
  if (isSection(whole['makara'])) return { top: whole, makara: withNames(whole['makara']), path: 'makara' }
  if (Array.isArray(whole['connections'])) return { top: {}, makara: whole, path: 'makara' }
  const names = environmentsOf(whole)
  const [only] = names
  if (only !== undefined && names.length === 1) return ofEnvironment(whole, only)
  if (names.length === 0) return refuse('makara', 'must be there: no environment has such a section', 'none')
  return refuse('environment', `must name one of those with a makara section: ${names.join(', ')}`, 'none')
}

function ofEnvironment(whole: Section, name: string): MakaraSection {
  const top = whole[name]
  const names = environmentsOf(whole).join(', ') || 'none'
  if (!isSection(top)) return refuse('environment', `must be one of those with a makara section: ${names}`, `'${name}'`)
  const named = withNames(top)
  const makara = named['makara']
  if (!isSection(makara)) return refuse(`${name}.makara`, `must be there; these have one: ${names}`, 'nothing')
  return { top: named, makara: withNames(makara), path: `${name}.makara` }
}

function environmentsOf(whole: Section): readonly string[] {
  return Object.keys(whole).filter((name) => {
    const section = whole[name]
    return isSection(section) && isSection(withNames(section)['makara'])
  })
}

/** ERB is finished by Ruby before YAML is read. We cannot do that, and must not send `<%= … %>` as a password. */
function refuseTemplates(value: unknown, path: string): void {
  if (typeof value === 'string' && value.includes('<%')) refuseTemplate(path)
  if (typeof value !== 'object' || isNothing(value)) return
  for (const [key, inner] of Object.entries(value as object)) {
    refuseTemplates(inner, Array.isArray(value) ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`)
  }
}

function refuseTemplate(path: string): never {
  const remedy = 'render it first with `erb config/database.yml`, or fill the object from process.env yourself'
  return refuse(path, `must hold no ERB, which only Ruby can evaluate: ${remedy}`, 'an ERB tag')
}

function isSection(value: unknown): value is Section {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function refuse(path: string, rule: string, found: string): never {
  throw new ConfigError([{ path, rule, found }])
}
