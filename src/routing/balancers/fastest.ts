import type { Balancer } from '../../model/balancer.js'
import type { NodeView } from '../../model/view.js'
import { perCandidates, weighted } from './per-candidates.js'

/**
 * One pick in so many goes to the nodes in turn, however slow they were: who is never asked can never be found to have
 * become fast again.
 */
const EXPLORE_EVERY = 64

/**
 * The node that should answer first: its mean time, times what is under way there and the statement to come, by its
 * weight. A node that has not been timed yet is tried first, the idle before the busy.
 *
 * Nodes of weight 0 are picked only when there are no others.
 */
export function fastest(): Balancer {
  const usable = perCandidates(weighted)
  let picks = 0
  return {
    name: 'fastest',
    pick(candidates) {
      const { nodes, indexes } = usable(candidates)
      picks++
      if (picks % EXPLORE_EVERY === 0) return indexes[(picks / EXPLORE_EVERY) % nodes.length] as number
      let best = 0
      for (let i = 1; i < nodes.length; i++) if (isFaster(nodes[i] as NodeView, nodes[best] as NodeView)) best = i
      return indexes[best] as number
    },
  }
}

function isFaster(one: NodeView, other: NodeView): boolean {
  const difference = expectedMs(one) - expectedMs(other)
  return difference === 0 ? one.load.inFlight < other.load.inFlight : difference < 0
}

function expectedMs({ load, weight }: NodeView): number {
  return (load.latencyMs * (load.inFlight + 1)) / (weight === 0 ? 1 : weight)
}
