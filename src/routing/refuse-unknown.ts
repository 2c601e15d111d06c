import { didYouMean } from './edit-distance.js'
import { DRIVER_KEYS, NODE_KEYS, POOL_KEYS, SYNONYMS, URL_ONLY } from './known-options.js'
import type { Problems } from './problems.js'

const NODE_NAMES: readonly string[] = [...NODE_KEYS, ...DRIVER_KEYS]
const POOL_NAMES: readonly string[] = [...POOL_KEYS, ...NODE_NAMES]

/** Names every option that is none, and what was probably meant. A name without a value is left alone. */
export function refuseUnknown(given: object, of: 'pool' | 'node', prefix: string, problems: Problems): void {
  const known = of === 'pool' ? POOL_NAMES : NODE_NAMES
  for (const [key, value] of Object.entries(given)) {
    if (value === undefined || known.includes(key)) continue
    // It may be a misspelt password.
    problems.addHidden(`${prefix}${key}`, whyUnknown(key, known), value)
  }
}

function whyUnknown(key: string, known: readonly string[]): string {
  if (URL_ONLY.includes(key))
    return `is read from a URL only${key.startsWith('ssl') ? '; as an option there is ssl' : ''}`
  if ((POOL_KEYS as readonly string[]).includes(key)) return 'is an option of the pool, not of a node'
  const meant = SYNONYMS[key] ?? didYouMean(key, known)
  return meant !== undefined && known.includes(meant) ? `is not an option; did you mean ${meant}?` : 'is not an option'
}
