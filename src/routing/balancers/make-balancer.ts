import type { Balancer, BalancerName, PickNode } from '../../model/balancer.js'
import { custom } from './custom.js'
import { failover } from './failover.js'
import { fastest } from './fastest.js'
import { leastBusy } from './least-busy.js'
import { roundRobin } from './round-robin.js'
import { zoneFirst } from './zone-first.js'

export interface BalancerParts {
  /** In [0, 1). */
  readonly random: () => number
  readonly zone: string | undefined
}

/** The balancer that the configuration names, preferring its zone if it names one. */
export function makeBalancer(choice: BalancerName | PickNode, parts: BalancerParts): Balancer {
  const inner = typeof choice === 'function' ? custom(choice) : byName(choice, parts)
  return parts.zone === undefined ? inner : zoneFirst(parts.zone, inner)
}

function byName(name: BalancerName, parts: BalancerParts): Balancer {
  switch (name) {
    case 'round-robin':
      return roundRobin()
    case 'least-busy':
      return leastBusy(parts.random)
    case 'fastest':
      return fastest()
    case 'failover':
      return failover
  }
}
