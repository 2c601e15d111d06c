import type { Dialect, NameLists } from '../model/dialect.js'
import type { Catalogue, Classification } from '../model/intent.js'
import type { Tables } from '../model/tables.js'

/** Most fingerprints of refused statements that are remembered; the oldest goes first. */
const MOST_REFUSED = 1000

/**
 * What each text needs: the dialect's classification, then what the catalogue and the user know of its functions, then
 * what replicas have taught us by refusing. Remembered by text until one of these changes.
 */
export class Statements {
  readonly #dialect: Dialect
  readonly #lists: NameLists
  readonly #cache: ClassificationCache
  readonly #refused = new Set<string>()
  #catalogue: Catalogue | undefined
  /** `undefined`: nobody has told yet, or it may have changed since. */
  #tables: Tables | undefined
  #definitions = 0

  constructor(dialect: Dialect, lists: NameLists, makeCache: MakeCache) {
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

  /** All or nothing. */
  isAtomic(found: Classification): boolean {
    return this.#dialect.isAtomic(found)
  }

  /** Whether the statement may have changed what `learnTables` was told. */
  mayDefine(found: Classification): boolean {
    return this.#dialect.mayDefine(found)
  }

  /** How often tables may have been defined anew, as far as this process knows. */
  get definitions(): number {
    return this.#definitions
  }

  /** Tables may have been defined anew: until they are told again, each statement may touch any. */
  noteDefinition(): void {
    this.#definitions++
    if (this.#tables === undefined) return
    this.#tables = undefined
    this.#cache.clear()
  }

  /** @param definitions what `definitions` said when the question was sent: since then they may have changed again. */
  learnTables(tables: Tables, definitions: number): void {
    if (definitions !== this.#definitions) return
    this.#tables = tables
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
    const found = this.#settled(text)
    return this.#tables === undefined ? found : { ...found, tables: this.#dialect.touched(text, found, this.#tables) }
  }

  #settled(text: string): Classification {
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
