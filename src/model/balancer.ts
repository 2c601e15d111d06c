import type { NodeView } from './view.js'

/**
 * Picks one of the nodes that the policy allows.
 *
 * `pick` is called for every statement: no allocation, no waiting.
 *
 * @param candidates at least one, in the order of the configuration; every one may serve.
 * @returns the index of the node to use.
 */
export interface Balancer {
  readonly name: string
  pick(candidates: readonly NodeView[]): number
}

/** A user's own choice among the allowed nodes. Anything but one of them is refused with a `ConfigError`. */
export type PickNode = (candidates: readonly NodeView[]) => NodeView

export type BalancerName = 'round-robin' | 'least-busy' | 'fastest' | 'failover'
