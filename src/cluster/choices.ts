import type { Balancer } from '../model/balancer.js'
import type { NodePool } from '../model/driver.js'
import type { NodeView, View } from '../model/view.js'
import { allowedIn } from '../routing/policy.js'
import type { Fit } from './fit.js'
import type { Node } from './node.js'

/** Nodes that may serve one kind of work, with the views that the balancer looks at: same order, same length. */
export interface Choice<Pool extends NodePool> {
  readonly views: readonly NodeView[]
  readonly nodes: readonly Node<Pool>[]
}

export interface ShardChoices<Pool extends NodePool> {
  readonly primaries: Choice<Pool>
  readonly replicas: Choice<Pool>
}

/** What one view allows, by shard. Made when the view changes, so that a statement only has to look it up. */
export class Choices<Pool extends NodePool> {
  readonly #byShard = new Map<string | undefined, ShardChoices<Pool>>()

  constructor(view: View, nodes: ReadonlyMap<string, Node<Pool>>) {
    const choice = (views: readonly NodeView[]): Choice<Pool> => ({
      views,
      nodes: views.map((it) => nodes.get(it.name)).filter((it) => it !== undefined),
    })
    for (const shard of new Set(view.nodes.map((it) => it.shard))) {
      const allowed = allowedIn(view, shard)
      this.#byShard.set(shard, { primaries: choice(allowed.primaries), replicas: choice(allowed.replicas) })
    }
  }

  /** `undefined`: there is no such shard. */
  of(shard: string | undefined): ShardChoices<Pool> | undefined {
    return this.#byShard.get(shard)
  }
}

/** One of the nodes, as the balancer likes; `undefined` when there is none. */
export function pickFrom<Pool extends NodePool>(choice: Choice<Pool>, balancer: Balancer): Node<Pool> | undefined {
  if (choice.nodes.length < 2) return choice.nodes[0]
  return choice.nodes[balancer.pick(choice.views)]
}

/** The same choice without the nodes already tried. */
export function without<Pool extends NodePool>(choice: Choice<Pool>, tried: ReadonlySet<Node<Pool>>): Choice<Pool> {
  const views = choice.views.filter((_, index) => !tried.has(choice.nodes[index] as Node<Pool>))
  return { views, nodes: choice.nodes.filter((node) => !tried.has(node)) }
}

/**
 * One of those that show what a read must see: the wanted one if it is among them, else as the balancer likes.
 *
 * Makes nothing as long as all of them do, or one.
 */
export function pickAllowed<Pool extends NodePool>(
  choice: Choice<Pool>,
  fit: Fit<Pool>,
  wanted: string | undefined,
  balancer: Balancer,
): Node<Pool> | undefined {
  let count = 0
  let last: Node<Pool> | undefined
  for (const node of choice.nodes) {
    if (!fit.allows(node)) continue
    if (node.name === wanted) return node
    last = node
    count++
  }
  if (count < 2) return last
  return pickFrom(count === choice.nodes.length ? choice : allowed(choice, fit), balancer)
}

function allowed<Pool extends NodePool>(choice: Choice<Pool>, fit: Fit<Pool>): Choice<Pool> {
  const nodes = choice.nodes.filter((node) => fit.allows(node))
  return { views: choice.views.filter((_, index) => nodes.includes(choice.nodes[index] as Node<Pool>)), nodes }
}
