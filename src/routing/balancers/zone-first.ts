import type { Balancer } from '../../model/balancer.js'
import { perCandidates, some } from './per-candidates.js'

/**
 * Lets `inner` choose among the nodes of this zone, as long as one of them may serve; among all otherwise. Nodes of
 * weight 0 are no reason to stay in the zone: they are for the time when nobody else can.
 */
export function zoneFirst(zone: string, inner: Balancer): Balancer {
  const nearIn = perCandidates((candidates) => {
    const isAllZero = candidates.every((node) => node.weight === 0)
    return some(candidates, (node) => node.zone === zone && (isAllZero || node.weight > 0))
  })
  return {
    name: `${inner.name}, ${zone} first`,
    pick(candidates) {
      const { nodes, indexes } = nearIn(candidates)
      switch (nodes.length) {
        case 0:
          return inner.pick(candidates)
        case 1:
          return indexes[0] as number
        default:
          return indexes[inner.pick(nodes)] as number
      }
    },
  }
}
