import { redacted } from '../base/secrets.js'
import { writeUrl } from './connection-url.js'
import { readDriverOptions } from './driver-options.js'
import { SHARED_KEYS } from './known-options.js'
import { namesSeveralHosts, readNodeUrl } from './node-url.js'
import { type Defaults, type FoundNode, NodeReader, type Options, readNode, refuseMinOverMax } from './nodes.js'
import { LONGEST_MS, type Problems } from './problems.js'
import { type Environment, serverAddress } from './server-address.js'

/**
 * The nodes that these options describe: those of `primary`, `replicas` and `nodes`; without lists, the hosts that the
 * options name, whose roles are asked for; or the one primary of a plain `pg.Pool`.
 */
export function findNodes(given: Options, environment: Environment, problems: Problems): readonly FoundNode[] {
  const hosts = hostsIn(given, environment)
  const hasLists = ['primary', 'replicas', 'nodes'].some((key) => given[key] !== undefined)
  if (hasLists) return readLists(given, hosts, environment, problems)
  if (given['topology'] !== undefined) return readSeeds(given, hosts, environment, problems)
  if (hosts !== undefined) return readHosts(given, hosts, environment, problems)
  const url = urlIn(given)
  if (typeof url === 'string' && namesSeveralHosts(url)) return readUrl(given, url, environment, problems)
  return readPlain(given, url, environment, problems)
}

/** Beside a topology, the hosts that the options name are where it is asked, and nodes like those that it finds. */
function readSeeds(
  given: Options,
  hosts: HostList | undefined,
  environment: Environment,
  problems: Problems,
): readonly FoundNode[] {
  if (hosts !== undefined) return readHosts(given, hosts, environment, problems)
  const url = urlIn(given)
  if (typeof url === 'string') return readUrl(given, url, environment, problems)
  const host = given['host'] ?? environment['PGHOST']
  if (typeof host !== 'string') return []
  const port = given['port'] ?? environment['PGPORT']
  const ports = port === undefined ? [] : [String(port)]
  return readHosts(given, { path: 'host', hosts: [host], ports }, environment, problems)
}

/** Several hosts as libpq writes them: `host: 'a,b'` and `port: '5432,5433'`, here or in PGHOST and PGPORT. */
interface HostList {
  readonly path: string
  readonly hosts: readonly string[]
  readonly ports: readonly string[]
}

function hostsIn(given: Options, environment: Environment): HostList | undefined {
  const isOwn = given['host'] !== undefined && given['host'] !== null
  if (!isOwn && urlIn(given) !== undefined) return undefined
  const host = isOwn ? given['host'] : environment['PGHOST']
  if (typeof host !== 'string' || !host.includes(',')) return undefined
  const port = given['port'] ?? environment['PGPORT']
  return {
    path: isOwn ? 'host' : 'PGHOST',
    hosts: host.split(','),
    ports: port === undefined ? [] : String(port).split(','),
  }
}

function readHosts(
  given: Options,
  { path, hosts, ports }: HostList,
  environment: Environment,
  problems: Problems,
): readonly FoundNode[] {
  if (ports.length > 1 && ports.length !== hosts.length) {
    problems.add('port', `must be one port, or one for each of the ${hosts.length} hosts`, `${ports.length} ports`)
  }
  if (hosts.includes('')) problems.add(path, 'must not name an empty host between its commas', hosts.join(','))
  const { host: _host, port: _port, ...rest } = given
  const reader = new NodeReader(defaultsOf(rest, problems), environment, problems)
  const entries = hosts.map((host, i) => {
    const port = ports.length > 1 ? ports[i] : ports[0]
    return port === undefined || port === '' ? { host } : { host, port: /^\d+$/.test(port) ? Number(port) : port }
  })
  reader.readList(path, entries, 'unknown')
  return reader.nodes
}

function readUrl(given: Options, url: string, environment: Environment, problems: Problems): readonly FoundNode[] {
  const { url: _url, connectionString: _connectionString, ...rest } = given
  const reader = new NodeReader(defaultsOf(rest, problems), environment, problems)
  const own = pick(given, ['name', 'role', 'weight', 'zone', 'shard'])
  reader.readList('connectionString', { ...own, url }, 'unknown')
  return reader.nodes
}

function readLists(
  given: Options,
  hosts: HostList | undefined,
  environment: Environment,
  problems: Problems,
): readonly FoundNode[] {
  for (const key of ['name', 'role', 'weight', 'shard']) {
    if (given[key] !== undefined) problems.add(key, 'is an option of one node: put it there', given[key])
  }
  if (hosts !== undefined) problems.add(hosts.path, 'must be one host where nodes are listed', hosts.hosts.join(','))
  const reader = new NodeReader(defaultsOf(given, problems), environment, problems)
  reader.readList('primary', isPrimaryImplied(given, environment) ? {} : given['primary'], 'primary')
  reader.readList('replicas', given['replicas'], 'replica')
  reader.readList('nodes', given['nodes'], 'unknown')
  return reader.nodes
}

/** A pool that had one server and is given replicas: the server that it had is the primary. */
function isPrimaryImplied(given: Options, environment: Environment): boolean {
  if (given['primary'] !== undefined || given['nodes'] !== undefined) return false
  return Boolean(urlIn(given) ?? given['host'] ?? environment['PGHOST'])
}

/** One server: what `pg` makes of these options is what it gets, to the letter. */
function readPlain(given: Options, url: unknown, environment: Environment, problems: Problems): readonly FoundNode[] {
  const { url: _url, ...rest } = given
  const found =
    typeof url === 'string' && !isSocketPath(url) ? readNodeUrl(url, 'connectionString', problems)[0] : undefined
  const all: Options = { ...found?.own, ...rest }
  const driver = readDriverOptions(all, '', problems)
  if (found !== undefined) driver['connectionString'] = isEmpty(found.own) ? url : writeUrl(found.url)
  else if (url !== undefined) driver['connectionString'] = url
  refuseMinOverMax('', driver, problems)
  if (url !== undefined && url !== null && typeof url !== 'string') problems.addHidden('url', 'must be a text', url)
  const place = isSocketPath(url) ? { host: url.split(' ')[0], database: url.split(' ')[1] } : driver
  const server = serverAddress(found?.url, place, environment)
  const role = problems.oneOf('role', all['role'], ['primary', 'replica'])
  const config = readNode('', all, role ?? 'primary', redacted(driver), server, problems)
  const name = problems.string('name', all['name'], 63) ?? (role === 'replica' ? 'replica-1' : 'primary')
  return [{ config: { ...config, name }, database: server.database }]
}

function isSocketPath(url: unknown): url is string {
  return typeof url === 'string' && (url.startsWith('/') || url.startsWith('socket:'))
}

/** @internal */
export function defaultsOf(given: Options, problems: Problems): Defaults {
  const url = urlIn(given)
  const found = typeof url === 'string' ? readNodeUrl(url, 'connectionString', problems) : []
  if (found.length > 1) {
    problems.addHidden('connectionString', 'must name one host where nodes are listed', url)
  }
  const own = found[0]?.own ?? {}
  for (const key of ['name', 'role', 'weight', 'shard', 'zone']) {
    if (own[key] !== undefined) problems.add(`connectionString?${key}`, 'is of one node: put it there', own[key])
  }
  const all: Options = { ...own, ...given }
  const driver = readDriverOptions(all, '', problems)
  delete driver['connectionString']
  refuseMinOverMax('', driver, problems)
  return { driver, url: found[0]?.url, shared: readShared(all, problems) }
}

/** Checked here, once, and not again for every node. */
function readShared(given: Options, problems: Problems): Options {
  const read = {
    ejectMs: problems.number('ejectMs', given['ejectMs'], { least: 1, most: LONGEST_MS }),
    neverEject: problems.boolean('neverEject', given['neverEject']),
    isConnectionError: problems.callable('isConnectionError', given['isConnectionError']),
  } satisfies Record<(typeof SHARED_KEYS)[number], unknown>
  return pick(read, SHARED_KEYS)
}

function urlIn(given: Options): unknown {
  return given['url'] ?? given['connectionString'] ?? undefined
}

function pick(from: Options, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(keys.filter((key) => from[key] !== undefined).map((key) => [key, from[key]]))
}

function isEmpty(record: object): boolean {
  return Object.keys(record).length === 0
}
