import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { dirname, resolve } from 'node:path'
import { parseDocument } from 'yaml'
import { ConfigError } from '../../../base/errors.js'
import { Problems } from '../../../routing/problems.js'
import { slotOf } from '../config/node-config.js'

/** What `sluice.yaml` says a cluster shall be. */
export interface RemoteConfig {
  /** Major version; `undefined`: what is there, else the newest that all hosts can install. */
  readonly version: number | undefined
  /** Where packages come from. */
  readonly repository: 'distribution' | 'pgdg'
  /** Its name in `pg_lsclusters`. */
  readonly cluster: string
  readonly port: number
  /** The application's database, and its role, which owns it. */
  readonly database: string
  readonly user: string
  /** Standbys that must have a commit before it is acknowledged. */
  readonly sync: number
  /** WAL kept for a standby that is away, at most; as the server takes it: `4GB`. */
  readonly keepWal: string
  readonly startAtBoot: boolean
  /** Megabytes a second with which a primary is copied, at most; `undefined`: as fast as it goes. */
  readonly copyMb: number | undefined
  /** Is a primary that is copied left to make its checkpoint in its own time? */
  readonly copyGently: boolean
  /** What promotes by itself; `undefined`: nobody but a person. */
  readonly ha: 'patroni' | undefined
  /** Networks from which applications connect: `10.0.0.0/24`. */
  readonly applications: readonly string[]
  /** Another file than `~/.ssh/config`. Absolute. */
  readonly sshConfig: string | undefined
  readonly nodes: ReadonlyMap<string, RemoteNode>
}

export interface RemoteNode {
  /** As `ssh` takes it. */
  readonly ssh: string
  /** An IP address by which the others, and applications, reach it; `undefined`: the one that `ssh` goes to. */
  readonly address: string | undefined
  /** How long it shows a commit after it was made, as the server takes it: `1h`. */
  readonly delay: string | undefined
  /** Another standby that it follows; `undefined`: the primary. */
  readonly from: string | undefined
}

const TOP = [
  ...['version', 'repository', 'cluster', 'port', 'database', 'user', 'sync', 'keepWal', 'startAtBoot'],
  ...['ha', 'copyMb', 'copyGently', 'applications', 'sshConfig', 'nodes'],
]
const NODE = ['ssh', 'address', 'delay', 'from']
const NAME = /^[a-z][a-z0-9-]{0,30}$/
const SIZE = /^\d+(kB|MB|GB|TB)$/
const TIME = /^\d+(ms|s|min|h|d)$/
/** Names of databases and roles that mean something else in `pg_hba.conf`, or are the server's own. */
const RESERVED = new Set(['all', 'replication', 'sameuser', 'samerole', 'postgres', 'replicator'])

/**
 * @param ha what shall be in charge, whatever the file says.
 * @throws {ConfigError} naming all that is wrong with it.
 */
export function readConfig(file: string, ha?: RemoteConfig['ha']): RemoteConfig {
  return parseConfig(read(file), dirname(resolve(file)), ha)
}

/** @param folder from which file names in it count. */
export function parseConfig(text: string, folder: string, ha?: RemoteConfig['ha']): RemoteConfig {
  const document = parseDocument(text, { logLevel: 'silent' })
  const [broken] = document.errors
  if (broken !== undefined) return refuse('sluice.yaml', 'must be YAML', broken.message.split('\n')[0] ?? '')
  const problems = new Problems()
  const top = problems.record('sluice.yaml', document.toJS() ?? {}, TOP) ?? {}
  const text_ = (key: string, isGood: (it: string) => boolean, rule: string, otherwise: string) =>
    matching(problems, key, top[key], isGood, rule) ?? otherwise
  const sshConfig = problems.string('sshConfig', top['sshConfig'])
  const nodes = readNodes(problems, top['nodes'])
  const config: RemoteConfig = {
    version: problems.number('version', top['version'], { least: 14, most: 18, isWhole: true }),
    repository: problems.oneOf('repository', top['repository'], ['distribution', 'pgdg']) ?? 'distribution',
    cluster: text_('cluster', (it) => NAME.test(it), 'must be a word of small letters, digits and hyphens', 'main'),
    port: problems.number('port', top['port'], { least: 1, most: 65_535, isWhole: true }) ?? 5432,
    database: text_('database', isFree, 'must be a name, and none that PostgreSQL has a meaning for', 'app'),
    user: text_('user', isFree, 'must be a name, and none that PostgreSQL has a meaning for', 'app'),
    sync: problems.number('sync', top['sync'], { least: 0, most: Math.max(0, nodes.size - 1), isWhole: true }) ?? 0,
    keepWal: text_('keepWal', (it) => SIZE.test(it), 'must be a size with its unit: 4GB', '4GB'),
    copyMb: problems.number('copyMb', top['copyMb'], { least: 1, most: 1024, isWhole: true }),
    copyGently: problems.boolean('copyGently', top['copyGently']) ?? false,
    ha: ha ?? problems.oneOf('ha', top['ha'], ['patroni']),
    startAtBoot: problems.boolean('startAtBoot', top['startAtBoot']) ?? false,
    applications: readNetworks(problems, top['applications']),
    sshConfig: sshConfig === undefined ? undefined : resolve(folder, sshConfig),
    nodes,
  }
  if (config.repository === 'pgdg' && config.version === undefined) {
    problems.add('version', 'must be there with repository: pgdg, which has all of them', undefined)
  }
  refuseStrangers(problems, nodes, config.ha)
  const delayed = [...nodes].find(([, it]) => it.delay !== undefined)?.[0]
  if (config.ha !== undefined && delayed !== undefined) {
    problems.add(
      `nodes.${delayed}.delay`,
      'must not be with ha, which could make it the primary',
      nodes.get(delayed)?.delay,
    )
  }
  problems.throwIfAny()
  return config
}

function readNodes(problems: Problems, given: unknown): ReadonlyMap<string, RemoteNode> {
  const isMap = typeof given === 'object' && given !== null && !Array.isArray(given)
  const entries = isMap ? Object.entries(given) : []
  if (entries.length === 0) problems.add('nodes', 'must have a line for each node: db1: { ssh: admin@db1 }', given)
  const slots = new Map<string, string>()
  for (const [name] of entries) {
    if (!NAME.test(name)) problems.add(`nodes.${name}`, 'must be named with small letters, digits and hyphens', name)
    const same = slots.get(slotOf(name))
    if (same !== undefined) problems.add(`nodes.${name}`, `must not be as like ${same} as it is`, name)
    slots.set(slotOf(name), name)
  }
  return new Map(entries.map(([name, node]) => [name, readNode(problems, `nodes.${name}`, name, node)]))
}

function refuseStrangers(problems: Problems, nodes: RemoteConfig['nodes'], ha: RemoteConfig['ha']): void {
  for (const [name, { from }] of nodes) {
    if (from === undefined) continue
    const path = `nodes.${name}.from`
    if (ha !== undefined) problems.add(path, 'must not be with ha, which decides who follows whom', from)
    else if (!nodes.has(from) || from === name) problems.add(path, 'must name another node', from)
    else if (leadsBack(nodes, name)) problems.add(path, 'must not lead in a circle', from)
  }
}

function leadsBack(nodes: RemoteConfig['nodes'], name: string): boolean {
  const passed = new Set<string>()
  for (let at = nodes.get(name)?.from; at !== undefined && !passed.has(at); at = nodes.get(at)?.from) passed.add(at)
  return passed.has(name)
}

function readNode(problems: Problems, path: string, name: string, given: unknown): RemoteNode {
  const node = problems.record(path, given ?? {}, NODE) ?? {}
  const isHost = (it: string) => !it.startsWith('-') && !/\s/.test(it)
  return {
    ssh: matching(problems, `${path}.ssh`, node['ssh'], isHost, 'must be what ssh takes: admin@db1') ?? name,
    address: matching(problems, `${path}.address`, node['address'], (it) => isIP(it) > 0, 'must be an IP address'),
    from: problems.string(`${path}.from`, node['from']),
    delay: matching(problems, `${path}.delay`, node['delay'], (it) => TIME.test(it), 'must be a time: 1h'),
  }
}

function readNetworks(problems: Problems, given: unknown): readonly string[] {
  if (given === undefined || given === null) return []
  if (Array.isArray(given) && given.every((it) => typeof it === 'string' && isNetwork(it))) return given as string[]
  problems.add('applications', 'must be a list of addresses, or of networks: [10.0.0.0/24]', given)
  return []
}

/** `10.0.0.0/24`, `10.0.0.7`. */
function isNetwork(text: string): boolean {
  const [address = '', length, ...rest] = text.split('/')
  const bits = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1
  if (bits < 0 || rest.length > 0) return false
  return length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= bits)
}

function matching(
  problems: Problems,
  path: string,
  value: unknown,
  isGood: (text: string) => boolean,
  rule: string,
): string | undefined {
  const text = problems.string(path, value)
  if (text === undefined || isGood(text)) return text
  return problems.add(path, rule, text)
}

function isFree(name: string): boolean {
  return /^[a-z_][a-z0-9_]{0,62}$/.test(name) && !RESERVED.has(name) && !name.startsWith('pg_')
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    return refuse(file, 'must be a file that can be read: sluice init writes one', (error as Error).message)
  }
}

function refuse(path: string, rule: string, found: string): never {
  throw new ConfigError([{ path, rule, found }])
}
