import { ConfigError } from '../../base/errors.js'
import type { Balancer, PickNode } from '../../model/balancer.js'

/** A user's function. What it returns must be one of the nodes it was given. @throws {ConfigError} */
export function custom(pickNode: PickNode): Balancer {
  return {
    name: pickNode.name || 'custom',
    pick(candidates) {
      const index = candidates.indexOf(pickNode(candidates))
      if (index >= 0) return index
      const names = candidates.map((node) => node.name).join(', ')
      throw new ConfigError([
        { path: 'balancer', rule: `must return one of the nodes it was given (${names})`, found: 'another value' },
      ])
    },
  }
}
