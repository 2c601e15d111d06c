import { Resolver } from 'node:dns/promises'
import type { FoundTopology, Topology, TopologyNode } from '../model/topology.js'

export interface DnsOptions {
  /** A name with an address for each node (A and AAAA); with `srv`, the name of the service, such as `_postgresql._tcp.db.internal`. */
  readonly host: string
  /** Ask for SRV records: they tell the port and the weight of each node, and its name. Default false. */
  readonly srv?: boolean
  /** Without `srv`: of all nodes. Default: the pool's, or 5432. */
  readonly port?: number
  /** Least time between two questions, in milliseconds; a longer TTL is kept. Default 5000. */
  readonly everyMs?: number
  /** Name servers, such as `10.0.0.2:53`. Default: the machine's. */
  readonly servers?: readonly string[]
}

const MOST_MS = 60_000
/** What a resolver says when a name has none of the records that were asked for. */
const NONE: ReadonlySet<string> = new Set(['ENODATA', 'ENOTFOUND'])

/**
 * The nodes that a name stands for. It is asked again when its TTL is over, at the latest after a minute; an address that is gone
 * takes no new work.
 *
 * Names are asked of a name server, not of `/etc/hosts`. Without `srv`, nodes are addresses: for certificates that are checked, say
 * the name in `ssl.servername`.
 *
 * @see https://nodejs.org/api/dns.html#class-dnspromisesresolver
 */
export function dns(options: DnsOptions): Topology {
  const { host, srv = false, port, everyMs = 5000, servers } = options
  if (typeof host !== 'string' || host === '') throw new TypeError('dns: host must be a name')
  const resolver = new Resolver({ timeout: 1000, tries: 2 })
  if (servers !== undefined) resolver.setServers(servers)
  return {
    name: 'dns',
    id: `dns ${srv ? 'srv ' : ''}${host}`,
    everyMs,
    find: () => (srv ? findServices(resolver, host) : findAddresses(resolver, host, port)),
  }
}

async function findAddresses(resolver: Resolver, host: string, port: number | undefined): Promise<FoundTopology> {
  const found = await Promise.all([
    orNone(resolver.resolve4(host, { ttl: true })),
    orNone(resolver.resolve6(host, { ttl: true })),
  ])
  const records = found.flat()
  const nodes = records.map(
    (it): TopologyNode => (port === undefined ? { host: it.address } : { host: it.address, port }),
  )
  if (nodes.length === 0) throw new Error(`${host} has no address`)
  return { nodes, validMs: Math.min(MOST_MS, 1000 * Math.min(...records.map((it) => it.ttl))) }
}

/** Node.js does not tell the TTL of these. A higher number of priority means: only when no other can serve. */
async function findServices(resolver: Resolver, host: string): Promise<FoundTopology> {
  const records = await resolver.resolveSrv(host)
  const first = Math.min(...records.map((it) => it.priority))
  return {
    nodes: records.map(({ name, port, weight, priority }) => ({
      host: name,
      port,
      weight: priority > first ? 0 : Math.max(1, weight),
    })),
  }
}

async function orNone<Record>(asked: Promise<readonly Record[]>): Promise<readonly Record[]> {
  try {
    return await asked
  } catch (error) {
    if (NONE.has((error as NodeJS.ErrnoException).code ?? '')) return []
    throw error
  }
}
