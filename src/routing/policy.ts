import type { Refusal } from '../base/errors.js'
import { canServe } from '../model/health.js'
import type { NodeView, View } from '../model/view.js'

/** The nodes of one shard, or those without any, that may serve now, in the order of the configuration. */
export interface Allowed {
  readonly primaries: readonly NodeView[]
  readonly replicas: readonly NodeView[]
}

/** Which nodes of this view may take writes, and which may take reads. Made once for each view. */
export function allowedIn(view: View, shard: string | undefined): Allowed {
  const serving = view.nodes.filter((node) => canServe(node.health) && node.shard === shard)
  return {
    primaries: writersAmong(serving.filter((node) => node.role === 'primary')),
    replicas: serving.filter((node) => node.role === 'replica'),
  }
}

/**
 * Several nodes may say that they are the primary: an old one that came back, or a configuration with two writers.
 *
 * A promotion that this process has seen is news: only the latest promoted node is believed, and the others are fenced.
 * Without one, the configuration decides. Where it does not say either, nobody is believed: better no write than two
 * histories.
 */
function writersAmong(primaries: readonly NodeView[]): readonly NodeView[] {
  if (primaries.length < 2) return primaries
  const latest = primaries.reduce((best, node) => (node.promotedIn > best.promotedIn ? node : best))
  if (latest.promotedIn > 0) return [latest]
  return primaries.filter((node) => node.configured === 'primary')
}

/** Every node of the view that may not serve, and why: for the error that says that nobody could. */
export function refusalsIn(view: View, wanted: 'primary' | 'replica', shard: string | undefined): readonly Refusal[] {
  return view.nodes.map((node) => ({ node: node.name, why: whyNot(node, wanted, shard) }))
}

function whyNot(node: NodeView, wanted: 'primary' | 'replica', shard: string | undefined): string {
  if (shard !== undefined && node.shard !== shard) return `is in shard ${node.shard ?? '(none)'}`
  if (node.health.state === 'down' || node.health.state === 'probing') return `is down: ${node.health.cause.message}`
  if (node.health.state === 'draining') return 'is draining'
  if (node.role === 'unknown') return 'has not said its role yet'
  if (node.role !== wanted) return `is a ${node.role}`
  return wanted === 'primary' ? 'is not believed: another node says that it is the primary' : 'failed in this call'
}
