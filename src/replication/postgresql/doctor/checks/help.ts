import type { ClusterFacts, NodeFacts } from '../facts.js'
import type { Found } from '../finding.js'

/** What one node has, said by a check of each: `undefined`: nothing. */
export function onEach(
  say: (node: NodeFacts, cluster: ClusterFacts) => Omit<Found, 'node'> | undefined,
): (cluster: ClusterFacts) => readonly Found[] {
  return (cluster) =>
    cluster.nodes.flatMap((node) => {
      const found = say(node, cluster)
      return found === undefined ? [] : [{ node: node.node, ...found }]
    })
}

export function onPrimary(
  say: (node: NodeFacts, cluster: ClusterFacts) => Omit<Found, 'node'> | undefined,
): (cluster: ClusterFacts) => readonly Found[] {
  return onEach((node, cluster) => (node.isStandby ? undefined : say(node, cluster)))
}

export function onStandbys(
  say: (node: NodeFacts, cluster: ClusterFacts) => Omit<Found, 'node'> | undefined,
): (cluster: ClusterFacts) => readonly Found[] {
  return onEach((node, cluster) => (node.isStandby ? say(node, cluster) : undefined))
}

/** The primary; of several the one with the newest history. */
export function primaryOf({ nodes }: ClusterFacts): NodeFacts | undefined {
  return nodes.filter((it) => !it.isStandby).sort((a, b) => b.timeline - a.timeline)[0]
}

export function list(items: readonly string[]): string {
  return items.length > 5 ? `${items.slice(0, 5).join(', ')} and ${items.length - 5} more` : items.join(', ')
}

export function mb(bytes: number | bigint): string {
  return `${(Number(bytes) / 2 ** 20).toFixed(0)} MB`
}

/** `alter system set name = 'value'`, and what makes it count. */
export function set(name: string, value: string, how: 'reload' | 'restart' = 'reload'): string {
  const then = how === 'reload' ? 'select pg_reload_conf()' : 'then restart the server'
  return `alter system set ${name} = '${value}'; ${then}`
}
