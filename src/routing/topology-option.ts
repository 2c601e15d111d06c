import type { NodeConfig, TopologyConfig } from '../model/config.js'
import type { FindNodes, Topology, TopologyNode } from '../model/topology.js'
import { type Defaults, type DriverOptions, NodeReader, type Options } from './nodes.js'
import { Problems } from './problems.js'
import type { Environment } from './server-address.js'

const FUNCTION_EVERY_MS = 1000

/** The topology of these options, and how a node that it finds becomes one of ours. */
export function readTopology(
  value: unknown,
  defaults: () => Defaults,
  environment: Environment,
  problems: Problems,
): TopologyConfig<DriverOptions> | undefined {
  if (value === undefined) return undefined
  const topology = asTopology(value)
  if (topology === undefined) {
    return problems.addHidden(
      'topology',
      'must be a topology of sluice/topology, or a function that finds nodes',
      value,
    )
  }
  const its = defaults()
  const read = (path: string, entry: Options): NodeConfig<DriverOptions> => {
    const own = new Problems()
    const reader = new NodeReader(its, environment, own)
    reader.readList(path, entry, 'unknown')
    own.throwIfAny()
    const [node] = reader.nodes
    if (node === undefined) throw new Error(`${path} describes no node`)
    return node.config
  }
  return {
    topology,
    nodeOf: (found) => read(topology.name, entryOf(found)),
    serverAt: (url) => read(topology.name, { url }),
  }
}

function asTopology(value: unknown): Topology | undefined {
  if (typeof value === 'function') {
    return { name: 'topology', id: 'function', everyMs: FUNCTION_EVERY_MS, find: value as FindNodes }
  }
  const given = value as Partial<Topology> | null
  const isOne = typeof given === 'object' && typeof given?.find === 'function' && typeof given.name === 'string'
  return isOne && typeof given.everyMs === 'number' ? (given as Topology) : undefined
}

function entryOf({ host, port, name, weight, zone }: TopologyNode): Options {
  const place = port === undefined ? host : `${host}:${port}`
  const given = { host, port, name: name ?? place, weight, zone }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
}
