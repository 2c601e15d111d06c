import type { Balancer } from '../../model/balancer.js'
import type { NodeView } from '../../model/view.js'

/**
 * The node that should answer first: its mean time, times what is under way there and the statement to come. A node that
 * has not been timed yet is tried first.
 */
export function fastest(): Balancer {
  return {
    name: 'fastest',
    pick(candidates) {
      let best = 0
      for (let i = 1; i < candidates.length; i++) {
        if (expectedMs(candidates[i] as NodeView) < expectedMs(candidates[best] as NodeView)) best = i
      }
      return best
    },
  }
}

function expectedMs({ load, weight }: NodeView): number {
  return weight === 0 ? Number.POSITIVE_INFINITY : (load.latencyMs * (load.inFlight + 1)) / weight
}
