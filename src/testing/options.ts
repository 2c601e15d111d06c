import { type PostgresVersion, VERSIONS } from '../replication/postgresql/programs/binaries.js'
import { didYouMean } from '../routing/edit-distance.js'
import { Problems } from '../routing/problems.js'
import { RESERVED_SETTINGS } from './settings.js'

/** Everything that can be chosen about a test cluster. */
export interface StartClusterOptions {
  /** Streaming standbys, named `replica-1`, `replica-2`, … 0 to 8; default 1: what a read needs to be routed away. */
  readonly replicas?: number
  /** The major version. Default: that of the first PostgreSQL found, so that a test runs on what a machine has. */
  readonly version?: PostgresVersion
  /** The folder of `postgres` and `initdb`. Default: `SLUICE_PG_BIN`, then what is installed, then what npm brought. */
  readonly binDir?: string
  /** The application's database, which its role owns. Default `app`. */
  readonly database?: string
  /**
   * Settings of the server for every node, such as `{ max_connections: '20' }`. They win over ours, except for those
   * that a test cluster could not do without: its addresses, its log, and what makes a standby follow.
   */
  readonly settings?: Readonly<Record<string, string>>
  /**
   * A breakable piece of network in front of every node, and between each standby and its upstream. Default true. False
   * for measurements: nothing then passes through this process, and `cut`, `delay` and `halfOpen` are refused.
   */
  readonly gates?: boolean
  /** Where the cluster's folder is made, such as `/dev/shm`. Default: the system's temporary folder. */
  readonly dir?: string
}

/** The options with every default filled in. */
export interface ClusterPlan {
  readonly replicas: number
  readonly version: PostgresVersion | undefined
  readonly binDir: string | undefined
  readonly database: string
  readonly settings: Readonly<Record<string, string>>
  readonly gates: boolean
  readonly dir: string | undefined
}

const NAMES = ['replicas', 'version', 'binDir', 'database', 'settings', 'gates', 'dir'] as const

/** As many as the server's default limits on WAL senders and slots leave room for, with two to spare. */
const MOST_REPLICAS = 8

/** @throws {ConfigError} naming every rule that is broken. */
export function planOf(options: StartClusterOptions): ClusterPlan {
  const problems = new Problems()
  if (!isObject(options)) problems.add('options', 'must be an object', options)
  problems.throwIfAny()
  for (const name of Object.keys(options)) if (!isName(name)) problems.add(name, whyUnknown(name), undefined)
  const plan = {
    replicas: problems.number('replicas', options.replicas, { least: 0, most: MOST_REPLICAS, isWhole: true }) ?? 1,
    version: versionOf(options.version, problems),
    binDir: problems.string('binDir', options.binDir, 4096),
    database: databaseOf(options.database, problems),
    settings: settingsOf(options.settings, problems),
    gates: problems.boolean('gates', options.gates) ?? true,
    dir: problems.string('dir', options.dir, 4096),
  }
  problems.throwIfAny()
  return plan
}

function isName(name: string): boolean {
  return (NAMES as readonly string[]).includes(name)
}

function whyUnknown(name: string): string {
  const meant = didYouMean(name, NAMES)
  return meant === undefined ? 'is not an option' : `is not an option; did you mean ${meant}?`
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function versionOf(value: unknown, problems: Problems): PostgresVersion | undefined {
  if (value === undefined || VERSIONS.includes(value as PostgresVersion)) return value as PostgresVersion | undefined
  return problems.add('version', `must be one of ${VERSIONS.join(', ')}`, value)
}

/** PostgreSQL's own databases have other owners. Of a URL's delimiters, `pg` reads the encoded ones as they stand. */
function databaseOf(value: unknown, problems: Problems): string {
  const name = problems.string('database', value, 63) ?? 'app'
  if (/[/?#]/.test(name)) problems.add('database', 'must be without /, ? and #, which no URL can carry there', name)
  if (/^(postgres|template\d)$/.test(name)) problems.add('database', "must not be one of PostgreSQL's own", name)
  return name
}

function settingsOf(value: unknown, problems: Problems): Readonly<Record<string, string>> {
  if (value === undefined) return {}
  if (!isObject(value)) {
    problems.add('settings', 'must be an object of names and texts', value)
    return {}
  }
  for (const [name, text] of Object.entries(value)) {
    const path = `settings.${name}`
    if (!/^[a-z_][a-z0-9_.]*$/i.test(name)) problems.add(path, 'must be named as PostgreSQL names settings', name)
    else if (RESERVED_SETTINGS.has(name.toLowerCase())) problems.add(path, 'is set by the test cluster itself', text)
    else if (typeof text !== 'string' || /[\n\r\0]/.test(text)) problems.add(path, 'must be a text of one line', text)
  }
  return value as Readonly<Record<string, string>>
}
