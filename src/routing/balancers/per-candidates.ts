import type { NodeView } from '../../model/view.js'

/**
 * Remembers what was made of an array of candidates: it is one array for as long as a view stands, and never edited, so
 * that a pick has to look at it only once.
 */
export function perCandidates<T>(make: (candidates: readonly NodeView[]) => T): (candidates: readonly NodeView[]) => T {
  const known = new WeakMap<readonly NodeView[], { readonly made: T }>()
  let last: readonly NodeView[] | undefined
  let lastMade: T
  return (candidates) => {
    if (candidates === last) return lastMade
    let entry = known.get(candidates)
    if (entry === undefined) {
      entry = { made: make(candidates) }
      known.set(candidates, entry)
    }
    last = candidates
    lastMade = entry.made
    return lastMade
  }
}

/** Some of the candidates, and where each stands among all. */
export interface Some {
  readonly nodes: readonly NodeView[]
  readonly indexes: readonly number[]
}

export function some(candidates: readonly NodeView[], isWanted: (node: NodeView) => boolean): Some {
  const indexes = candidates.flatMap((node, i) => (isWanted(node) ? [i] : []))
  return { indexes, nodes: indexes.map((i) => candidates[i] as NodeView) }
}

/** Those that take work while they can: weight 0 is for the time when nobody else can. */
export function weighted(candidates: readonly NodeView[]): Some {
  const found = some(candidates, (node) => node.weight > 0)
  return found.nodes.length > 0 ? found : some(candidates, () => true)
}
