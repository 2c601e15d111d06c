import type { NameLists } from '../../model/dialect.js'
import type { Catalogue, Classification } from '../../model/intent.js'
import { withoutSchema } from './names.js'
import { PRIMARY_FUNCTIONS } from './primary-functions.js'
import type { ReasonCode } from './reasons.js'

/**
 * Settles what the text alone cannot tell: functions that are not built in, and relations that a replica cannot serve.
 *
 * The user's lists beat the catalogue and what is known of built-in functions. A function that nobody knows is taken
 * for one that writes. What the statement itself binds to the primary stays there.
 */
export function resolve(found: Classification, catalogue: Catalogue | undefined, lists: NameLists): Classification {
  const read = overrule(found, lists)
  if (read.route === 'primary') return read
  for (const name of read.functions) {
    const reason = whyPrimary(name, catalogue, lists)
    if (reason !== undefined) return onPrimary(read, reason, name)
  }
  if (lists.writeFunctions.size > 0) {
    const listed = read.builtIns?.find((name) => isIn(lists.writeFunctions, name))
    if (listed !== undefined) return onPrimary(read, 'write-function', listed)
  }
  for (const relation of read.relations) {
    if (isIn(lists.primaryTables, relation)) return onPrimary(read, 'primary-table', relation)
    if (catalogue?.needsPrimary(relation) === true) return onPrimary(read, 'unreadable-relation', relation)
  }
  return read
}

/** A statement that only a built-in function binds to the primary is a read if the user says that the function is. */
function overrule(found: Classification, lists: NameLists): Classification {
  if (lists.readFunctions.size === 0 || found.detail === undefined || found.routeWithoutFunctions !== 'replica') {
    return found
  }
  if (PRIMARY_FUNCTIONS[found.detail]?.reason !== found.reason) return found
  const binding = found.builtIns?.find(
    (name) => PRIMARY_FUNCTIONS[name] !== undefined && !isIn(lists.readFunctions, name),
  )
  if (binding === undefined) {
    return { ...found, intent: 'read', route: 'replica', reason: 'plain-read' satisfies ReasonCode, detail: undefined }
  }
  return binding === found.detail ? found : { ...found, detail: binding }
}

function whyPrimary(name: string, catalogue: Catalogue | undefined, lists: NameLists): ReasonCode | undefined {
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

/** Lists are lower-cased. A listed name without a schema stands for that name in every schema. */
function isIn(list: ReadonlySet<string>, name: string): boolean {
  if (list.size === 0) return false
  const lower = name.toLowerCase()
  return list.has(lower) || list.has(withoutSchema(lower))
}

/** A setting that follows the session must not bring a write with it to the next connection: see `Finding`. */
function onPrimary(found: Classification, reason: ReasonCode, detail: string): Classification {
  const effects = found.effects.length === 0 ? found.effects : [...found.effects, { kind: 'needs-connection' } as const]
  return { ...found, intent: 'write', route: 'primary', reason, detail, effects }
}
