import type { Balancer } from '../../model/balancer.js'
import type { NodeView } from '../../model/view.js'

/** Always the first that may serve: highest weight first, then the order of the configuration. */
export const failover: Balancer = {
  name: 'failover',
  pick(candidates) {
    let best = 0
    for (let i = 1; i < candidates.length; i++) {
      if ((candidates[i] as NodeView).weight > (candidates[best] as NodeView).weight) best = i
    }
    return best
  },
}
