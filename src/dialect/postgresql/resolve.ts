import type { FunctionLists } from '../../model/dialect.js'
import type { Catalogue, Classification } from '../../model/intent.js'

/**
 * Settles what the text alone cannot tell: functions that are not built in, and relations that a replica cannot serve.
 *
 * The user's lists beat the catalogue. A function that neither knows is taken for one that writes. Only a read can
 * change; what was bound to the primary stays there.
 */
export function resolve(found: Classification, catalogue: Catalogue | undefined, lists: FunctionLists): Classification {
  if (found.route !== 'replica') return found
  for (const name of found.functions) {
    const reason = whyPrimary(name, catalogue, lists)
    if (reason !== undefined) return onPrimary(found, reason, name)
  }
  for (const relation of found.relations) {
    if (catalogue?.needsPrimary(relation) === true) return onPrimary(found, 'unreadable-relation', relation)
  }
  return found
}

function whyPrimary(name: string, catalogue: Catalogue | undefined, lists: FunctionLists): string | undefined {
  if (isIn(lists.writeFunctions, name)) return 'write-function'
  if (isIn(lists.readFunctions, name)) return undefined
  switch (catalogue?.functionVolatility(name)) {
    case 'harmless':
      return undefined
    case 'volatile':
      return 'volatile-function'
    default:
      return 'unknown-function'
  }
}

/** A listed name without a schema stands for the function in every schema. */
function isIn(list: ReadonlySet<string>, name: string): boolean {
  return list.size > 0 && (list.has(name) || list.has(name.slice(name.lastIndexOf('.') + 1)))
}

function onPrimary(found: Classification, reason: string, detail: string): Classification {
  return { ...found, intent: 'write', route: 'primary', reason, detail }
}
