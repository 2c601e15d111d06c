import type { Dialect, FunctionLists } from '../model/dialect.js'
import type { Catalogue, Classification } from '../model/intent.js'

/** Most fingerprints of refused statements that are remembered; the oldest goes first. */
const MOST_REFUSED = 1000

/**
 * What each text needs: the dialect's classification, then what the catalogue and the user know of its functions, then
 * what replicas have taught us by refusing. Remembered by text until one of these changes.
 */
export class Statements {
  readonly #dialect: Dialect
  readonly #lists: FunctionLists
  readonly #cache: ClassificationCache
  readonly #refused = new Set<string>()
  #catalogue: Catalogue | undefined

  constructor(dialect: Dialect, lists: FunctionLists, makeCache: MakeCache) {
    this.#dialect = dialect
    this.#lists = lists
    this.#cache = makeCache((text) => this.#classifyAnew(text))
  }

  classify(text: string): Classification {
    return this.#cache.classify(text)
  }

  get catalogueVersion(): number {
    return this.#catalogue?.version ?? 0
  }

  learnCatalogue(catalogue: Catalogue): void {
    this.#catalogue = catalogue
    this.#cache.clear()
  }

  /** A replica refused this text, and the primary took it. @returns its fingerprint. */
  learnRefusal(text: string): string {
    const fingerprint = this.#dialect.fingerprint(text)
    if (this.#refused.size >= MOST_REFUSED) {
      for (const oldest of this.#refused) {
        this.#refused.delete(oldest)
        break
      }
    }
    this.#refused.add(fingerprint)
    this.#cache.clear()
    return fingerprint
  }

  #classifyAnew(text: string): Classification {
    const found = this.#dialect.resolve(this.#dialect.classify(text), this.#catalogue, this.#lists)
    if (this.#refused.size === 0 || found.route !== 'replica') return found
    if (!this.#refused.has(this.#dialect.fingerprint(text))) return found
    return { ...found, route: 'primary', reason: 'refused-before' }
  }
}

/** A bounded memory of classifications by text. */
export interface ClassificationCache {
  classify(text: string): Classification
  clear(): void
}

export type MakeCache = (classify: (text: string) => Classification) => ClassificationCache
