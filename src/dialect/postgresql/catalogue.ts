import type { Catalogue } from '../../model/intent.js'

interface CatalogueRow {
  readonly kind: 'f' | 'r'
  readonly schema: string
  readonly name: string
  readonly needs_primary: boolean
}

/**
 * The answer to `CATALOGUE_QUERY`, to be asked by name.
 *
 * A name without a schema stands for all of that name, because the session's search path is not known: volatile if one
 * of them is.
 */
export function catalogueFromRows(rows: readonly unknown[], version: number): Catalogue {
  const functions = new Map<string, boolean>()
  const relations = new Set<string>()
  for (const { kind, schema, name, needs_primary: needsPrimary } of rows as readonly CatalogueRow[]) {
    const full = `${schema}.${name}`
    if (kind === 'r') relations.add(full).add(name)
    else {
      functions.set(full, needsPrimary)
      functions.set(name, needsPrimary || functions.get(name) === true)
    }
  }
  return {
    version,
    functionVolatility(name) {
      const isVolatile = functions.get(name)
      return isVolatile === undefined ? 'unknown' : isVolatile ? 'volatile' : 'harmless'
    },
    needsPrimary: (relation) => relations.size > 0 && relations.has(relation),
  }
}
