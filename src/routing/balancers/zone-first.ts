import type { Balancer } from '../../model/balancer.js'
import type { NodeView } from '../../model/view.js'

/** Lets `inner` choose among the nodes of this zone, as long as one of them may serve; among all otherwise. */
export function zoneFirst(zone: string, inner: Balancer): Balancer {
  let seen: readonly NodeView[] = []
  let near: readonly NodeView[] = []
  return {
    name: `${inner.name}, ${zone} first`,
    pick(candidates) {
      // Candidates are one array for as long as the view stands.
      if (candidates !== seen) {
        seen = candidates
        near = candidates.filter((node) => node.zone === zone)
      }
      if (near.length === 0 || near.length === candidates.length) return inner.pick(candidates)
      return candidates.indexOf(near[near.length === 1 ? 0 : inner.pick(near)] as NodeView)
    },
  }
}
