import type { Balancer } from '../../model/balancer.js'
import type { NodeView } from '../../model/view.js'

/**
 * Looks at two nodes drawn by chance and takes the one with less under way for its weight. Two are enough to keep the
 * load even, and, unlike looking at all, many processes do not rush to the same node at once.
 *
 * @param random in [0, 1).
 */
export function leastBusy(random: () => number): Balancer {
  return {
    name: 'least-busy',
    pick(candidates) {
      const one = Math.floor(random() * candidates.length)
      const other = (one + 1 + Math.floor(random() * (candidates.length - 1))) % candidates.length
      return busyness(candidates[other] as NodeView) < busyness(candidates[one] as NodeView) ? other : one
    },
  }
}

/** The statement to come counts too, so that weights matter to idle nodes; weight 0 is as busy as can be. */
function busyness(node: NodeView): number {
  return (node.load.inFlight + 1) / node.weight
}
