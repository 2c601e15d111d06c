import { ConfigError } from '../../base/errors.js'
import type { Balancer, PickNode } from '../../model/balancer.js'

/**
 * A user's function. It is asked only where there is a choice: with two candidates or more.
 *
 * What it throws, the statement's caller gets.
 *
 * @throws {ConfigError} it returned something else than one of the nodes it was given.
 */
export function custom(pickNode: PickNode): Balancer {
  return {
    name: pickNode.name || 'custom',
    pick(candidates) {
      const picked: unknown = pickNode(candidates)
      const index = candidates.indexOf(picked as (typeof candidates)[number])
      if (index >= 0) return index
      const names = candidates.map((node) => node.name).join(', ')
      const rule = `must return one of the nodes it was given (${names})`
      throw new ConfigError([{ path: 'balancer', rule, found: describe(picked) }])
    },
  }
}

function describe(picked: unknown): string {
  const name = (picked as { name?: unknown } | null | undefined)?.name
  return typeof name === 'string' ? `another node, ${name}` : picked === undefined ? 'nothing' : 'something else'
}
