import type { Balancer } from '../../model/balancer.js'
import type { NodeView } from '../../model/view.js'

/**
 * Each in turn, in proportion to the weights, and smoothly: 5, 1, 1 gives A A B A C A A rather than five A in a row.
 *
 * Every node gains its weight at each pick; the richest is picked and pays the total. A node of weight 0 is picked only
 * when all have weight 0: then each counts as 1.
 */
export function roundRobin(): Balancer {
  const credit = new Map<string, number>()
  return {
    name: 'round-robin',
    pick(candidates) {
      const isAllZero = candidates.every(hasNoWeight)
      let best = 0
      let bestCredit = Number.NEGATIVE_INFINITY
      let total = 0
      for (let i = 0; i < candidates.length; i++) {
        const node = candidates[i] as NodeView
        const weight = isAllZero ? 1 : node.weight
        if (weight === 0) continue
        const has = (credit.get(node.name) ?? 0) + weight
        credit.set(node.name, has)
        total += weight
        if (has <= bestCredit) continue
        best = i
        bestCredit = has
      }
      credit.set((candidates[best] as NodeView).name, bestCredit - total)
      return best
    },
  }
}

function hasNoWeight(node: NodeView): boolean {
  return node.weight === 0
}
