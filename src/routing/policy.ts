import type { Refusal } from '../base/errors.js'
import { canServe } from '../model/health.js'
import type { NodeView, View } from '../model/view.js'
import { fenceText } from './fencing.js'

/** The nodes of one shard, or those without any, that may serve now, in the order of the configuration. */
export interface Allowed {
  readonly primaries: readonly NodeView[]
  readonly replicas: readonly NodeView[]
}

/** Which nodes of this view may take writes, and which may take reads. Made once for each view. */
export function allowedIn(view: View, shard: string | undefined): Allowed {
  const serving = view.nodes.filter((node) => canServe(node.health) && node.shard === shard && node.fence === undefined)
  return {
    primaries: heardAmong(serving.filter((node) => node.role === 'primary' && !node.isReadOnly)),
    replicas: freshAmong(serving.filter((node) => node.role === 'replica' && node.takesReads)),
  }
}

/** Once one has said that it is the primary, what the configuration says of those that have not is not enough. */
function heardAmong(primaries: readonly NodeView[]): readonly NodeView[] {
  const heard = primaries.filter((node) => node.health.state === 'up')
  return heard.length > 0 ? heard : primaries
}

/** A replica that receives from nobody falls behind without end: it reads only where no other can. */
function freshAmong(replicas: readonly NodeView[]): readonly NodeView[] {
  const fresh = replicas.filter((node) => node.isReceiving !== false)
  return fresh.length > 0 ? fresh : replicas
}

/** Every node of the view that may not serve, and why: for the error that says that nobody could. */
export function refusalsIn(view: View, wanted: 'primary' | 'replica', shard: string | undefined): readonly Refusal[] {
  return view.nodes.map((node) => ({ node: node.name, why: whyNot(node, wanted, shard) }))
}

function whyNot(node: NodeView, wanted: 'primary' | 'replica', shard: string | undefined): string {
  if (shard !== undefined && node.shard !== shard) return `is in shard ${node.shard ?? '(none)'}`
  if (node.health.state === 'down' || node.health.state === 'probing') return `is down: ${node.health.cause.message}`
  if (node.health.state === 'draining') return 'is draining'
  if (node.fence !== undefined) return fenceText(node.fence)
  if (node.role === 'unknown') return 'has not said its role yet'
  if (node.role !== wanted) return `is a ${node.role}`
  if (wanted === 'primary' && node.isReadOnly) return 'is the primary, and read-only now'
  if (wanted === 'replica' && !node.takesReads) return 'shall not read, by its topology'
  return 'failed in this call'
}
