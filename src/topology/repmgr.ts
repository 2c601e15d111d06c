import type { Topology, TopologyNode } from '../model/topology.js'

export interface RepmgrOptions {
  /** repmgr's own database on some nodes, such as `postgres://repmgr@10.0.0.1/repmgr`: each has a copy of its metadata. */
  readonly urls: readonly string[]
  /** How often they are asked, in milliseconds. Default 2000. */
  readonly everyMs?: number
}

const QUERY = `select node_name, type, conninfo, active from repmgr.nodes`

/**
 * The nodes that repmgr has registered, from its table `nodes`. Witnesses are left out.
 *
 * Which of them is the primary is asked of the servers: what an old primary has in its own copy is what was true when it left.
 *
 * @see https://www.repmgr.org/docs/current/
 */
export function repmgr(options: RepmgrOptions): Topology {
  const { urls, everyMs = 2000 } = options
  if (urls.length === 0) throw new TypeError('repmgr: urls must name at least one node')
  return {
    name: 'repmgr',
    id: `repmgr ${urls
      .map((it) => new URL(it).host)
      .sort()
      .join(' ')}`,
    everyMs,
    async find({ askAt }) {
      const answers = await Promise.allSettled(urls.map((url) => askAt(url, QUERY)))
      const nodes = new Map<string, TopologyNode>()
      // Copies may differ by what their nodes have not replayed yet: whoever is in one of them is there.
      for (const answer of answers) {
        if (answer.status === 'rejected') continue
        for (const row of answer.value as readonly unknown[] as readonly Row[]) {
          const node = nodeOf(row)
          if (node !== undefined) nodes.set(row.node_name, node)
        }
      }
      const [first] = answers
      if (nodes.size === 0 && first?.status === 'rejected') throw first.reason
      return [...nodes.values()]
    },
  }
}

interface Row {
  readonly node_name: string
  readonly type: string
  readonly conninfo: string
  readonly active: boolean
}

function nodeOf({ node_name: name, type, conninfo }: Row): TopologyNode | undefined {
  if (type === 'witness') return undefined
  const { host, hostaddr, port } = readConninfo(conninfo)
  const place = host ?? hostaddr
  if (place === undefined) return undefined
  return { name, host: place, ...(port === undefined ? {} : { port: Number(port) }) }
}

/**
 * `host=10.0.0.1 port=5433`, with quotes where there are spaces; the last of two counts.
 *
 * @see https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING
 */
export function readConninfo(text: string): Readonly<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const [, key = '', quoted, plain = ''] of text.matchAll(
    /(\w+)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|((?:[^\s'\\]|\\.)*))/g,
  )) {
    found[key] = (quoted ?? plain).replace(/\\(.)/g, '$1')
  }
  return found
}
