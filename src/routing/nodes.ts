import { redacted } from '../base/secrets.js'
import type { NodeConfig } from '../model/config.js'
import { completeUrl, IN_URL, optionsOf, overrideUrl, says } from './complete-url.js'
import { type ConnectionUrl, writeUrl } from './connection-url.js'
import { readDriverOptions } from './driver-options.js'
import { readNodeUrl } from './node-url.js'
import { LONGEST_MS, type Problems } from './problems.js'
import { refuseUnknown } from './refuse-unknown.js'
import { type Environment, type ServerAddress, serverAddress } from './server-address.js'

export type Options = Readonly<Record<string, unknown>>
export type DriverOptions = Record<string, unknown>
export type Role = NodeConfig['role']

/** A node, and which database on it is meant: two clusters may live on one server. */
export interface FoundNode {
  readonly config: NodeConfig<DriverOptions>
  readonly database: string
}

/** What the pool says for all of its nodes. */
export interface Defaults {
  readonly driver: Options
  /** The pool's own URL: a node that has none uses it, with its own host in place of the URL's. */
  readonly url: ConnectionUrl | undefined
  readonly shared: Options
}

/** Most connections to a node, as in `pg-pool`. */
export const DEFAULT_MAX = 10
const DEFAULT_EJECT_MS = 5000
/** Hints in comments have room for so much. */
const LONGEST_NAME = 63

/** Reads the entries of `primary`, `replicas` and `nodes` one after the other, and counts them to name them. */
export class NodeReader {
  readonly nodes: FoundNode[] = []
  readonly #defaults: Defaults
  readonly #environment: Environment
  readonly #problems: Problems
  readonly #numbers: Record<Role, number> = { primary: 0, replica: 0, unknown: 0 }

  constructor(defaults: Defaults, environment: Environment, problems: Problems) {
    this.#defaults = defaults
    this.#environment = environment
    this.#problems = problems
  }

  /** @param list a URL, node options, or a list of those. */
  readList(path: string, list: unknown, role: Role): void {
    if (list === undefined || list === null) return
    if (!Array.isArray(list)) return this.#readEntry(path, list, role)
    for (const [i, entry] of list.entries()) this.#readEntry(`${path}[${i}]`, entry, role)
  }

  #readEntry(path: string, entry: unknown, role: Role): void {
    const given: unknown = typeof entry === 'string' ? { url: entry } : entry
    if (typeof given !== 'object' || given === null || Array.isArray(given)) {
      this.#problems.addHidden(path, 'must be a URL or an object of node options', entry)
      return
    }
    refuseUnknown(given, 'node', at(path, ''), this.#problems)
    const options = given as Options
    const url = this.#urlIn(path, options)
    if (url === undefined) {
      this.#refuseNowhere(path, options, role)
      this.#refuseSeveralHosts(path, options)
      const own = this.#defaults.url === undefined ? undefined : overrideUrl(this.#defaults.url, options)
      this.#add(path, options, own, role)
      return
    }
    for (const one of readNodeUrl(url, path, this.#problems)) {
      this.#refuseConflict(path, one.url, options)
      this.#add(path, { ...one.own, ...options }, completeUrl(one.url, { ...this.#defaults.driver, ...options }), role)
    }
  }

  #urlIn(path: string, { url, connectionString }: Options): string | undefined {
    if (url !== undefined && connectionString !== undefined) {
      this.#problems.addHidden(at(path, 'url'), 'must not stand beside connectionString: they mean the same', url)
    }
    const found = url ?? connectionString
    if (found === undefined || found === null || typeof found === 'string') return found ?? undefined
    this.#problems.addHidden(at(path, 'url'), 'must be a text', found)
    return undefined
  }

  /** It would be the pool's own server a second time. */
  #refuseNowhere(path: string, { host, port }: Options, role: Role): void {
    if (role === 'replica' && (host ?? port ?? undefined) === undefined) {
      this.#problems.add(path, 'must say where it is: url, host or port', 'none of them')
    }
  }

  #refuseSeveralHosts(path: string, { host }: Options): void {
    if (typeof host !== 'string' || !host.includes(',')) return
    this.#problems.add(at(path, 'host'), 'must be one host; several are several entries of a list', host)
  }

  #refuseConflict(path: string, url: ConnectionUrl, options: Options): void {
    const twice = IN_URL.find((key) => options[key] !== undefined && options[key] !== null && says(url, key))
    if (twice !== undefined)
      this.#problems.addHidden(at(path, twice), 'must not stand beside a URL that says it too', options[twice])
  }

  #add(path: string, options: Options, url: ConnectionUrl | undefined, listed: Role): void {
    const role = this.#roleOf(path, options['role'], listed)
    const driver = this.#driverOf(path, options, url)
    const found = serverAddress(url, driver, this.#environment)
    const config = readNode(path, { ...this.#defaults.shared, ...options }, role, driver, found, this.#problems)
    const name = this.#nameOf(path, options['name'], role)
    this.nodes.push({ config: { ...config, name }, database: found.database })
  }

  #nameOf(path: string, given: unknown, role: Role): string {
    const number = ++this.#numbers[role]
    const name = this.#problems.string(at(path, 'name'), given, LONGEST_NAME) ?? defaultName(role, number)
    if (name.trim() !== name || name.includes('*/')) {
      this.#problems.add(at(path, 'name'), 'must not begin or end with a space, nor contain */', name)
    }
    if (this.nodes.some((it) => it.config.name === name)) {
      this.#problems.add(at(path, 'name'), 'must be unique: another node has the same name', name)
    }
    return name
  }

  #roleOf(path: string, given: unknown, listed: Role): Role {
    if (given === undefined || given === listed) return listed
    if (given !== 'primary' && given !== 'replica') {
      this.#problems.add(at(path, 'role'), `must be primary or replica${meantRole(given)}`, given)
    } else if (listed === 'unknown') return given
    else this.#problems.add(at(path, 'role'), `must be ${listed}, by the list that it stands in`, given)
    return listed
  }

  #driverOf(path: string, options: Options, url: ConnectionUrl | undefined): DriverOptions {
    const own = readDriverOptions(options, at(path, ''), this.#problems)
    const driver = { ...this.#defaults.driver, ...own }
    if (own['min'] !== undefined || own['max'] !== undefined) refuseMinOverMax(path, driver, this.#problems)
    if (url === undefined) return redacted(driver)
    for (const key of [...IN_URL, 'connectionString']) if (key !== 'password') delete driver[key]
    if (typeof driver['password'] !== 'function' || says(url, 'password')) {
      delete driver['password']
      return redacted({ ...driver, connectionString: writeUrl(url) })
    }
    const said = optionsOf(url)
    if (typeof said !== 'string') return redacted({ ...driver, ...said })
    this.#problems.add(
      at(path, 'password'),
      `a function cannot go with ${said} in the URL: give ssl as an option`,
      said,
    )
    return redacted(driver)
  }
}

/** @internal A complete node but for its name. */
export function readNode(
  path: string,
  given: Options,
  role: Role,
  driver: DriverOptions,
  { address }: ServerAddress,
  problems: Problems,
): Omit<NodeConfig<DriverOptions>, 'name'> {
  const neverEject = problems.boolean(at(path, 'neverEject'), given['neverEject']) ?? false
  const ejectMs = problems.number(at(path, 'ejectMs'), given['ejectMs'], { least: 1, most: LONGEST_MS })
  const max = driver['max'] ?? driver['poolSize']
  return {
    role,
    address,
    weight: problems.number(at(path, 'weight'), given['weight'], { least: 0 }) ?? 1,
    zone: problems.string(at(path, 'zone'), given['zone']),
    shard: problems.string(at(path, 'shard'), given['shard']),
    ejectMs: neverEject ? 0 : (ejectMs ?? DEFAULT_EJECT_MS),
    neverEject,
    isConnectionError: problems.callable(at(path, 'isConnectionError'), given['isConnectionError']),
    max: typeof max === 'number' ? max : DEFAULT_MAX,
    driver,
  }
}

export function refuseMinOverMax(path: string, { min, max }: Options, problems: Problems): void {
  if (typeof min !== 'number' || typeof max !== 'number' || min <= max) return
  problems.add(at(path, 'min'), `must be at most max, which is ${max}`, min)
}

/** Where an option is: the pool's own stand at the top. */
export function at(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`
}

function defaultName(role: Role, number: number): string {
  if (role === 'primary') return number === 1 ? 'primary' : `primary-${number}`
  return role === 'replica' ? `replica-${number}` : `node-${number}`
}

const ROLES_ELSEWHERE: Readonly<Record<string, string>> = {
  master: 'primary',
  writer: 'primary',
  leader: 'primary',
  source: 'primary',
  slave: 'replica',
  standby: 'replica',
  reader: 'replica',
  follower: 'replica',
  secondary: 'replica',
}

function meantRole(given: unknown): string {
  const text = String(given).toLowerCase().replace(/^:/, '')
  const meant = ROLES_ELSEWHERE[text] ?? (text === 'primary' || text === 'replica' ? text : undefined)
  return meant === undefined ? '' : `; did you mean ${meant}?`
}
