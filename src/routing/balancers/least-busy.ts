import type { Balancer } from '../../model/balancer.js'
import type { NodeView } from '../../model/view.js'
import { perCandidates, weighted } from './per-candidates.js'

/**
 * Looks at two nodes drawn by chance and takes the one with less under way for its weight. Two are enough to keep the
 * load even, and, unlike looking at all, many processes do not rush to the same node at once.
 *
 * Nodes of weight 0 are drawn only when there are no others.
 *
 * @param random in [0, 1).
 */
export function leastBusy(random: () => number): Balancer {
  const usable = perCandidates(weighted)
  return {
    name: 'least-busy',
    pick(candidates) {
      const { nodes, indexes } = usable(candidates)
      const count = nodes.length
      const one = count === 1 ? 0 : Math.floor(random() * count)
      // The second is any but the first; of two, that is the other.
      const steps = count < 3 ? 1 : 1 + Math.floor(random() * (count - 1))
      const other = (one + steps) % count
      return indexes[busyness(nodes[other] as NodeView) < busyness(nodes[one] as NodeView) ? other : one] as number
    },
  }
}

/** The statement to come counts too, so that weights matter to idle nodes. */
function busyness({ load, weight }: NodeView): number {
  return (load.inFlight + 1) / (weight === 0 ? 1 : weight)
}
