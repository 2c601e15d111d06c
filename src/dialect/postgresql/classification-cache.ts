import type { Classification } from '../../model/intent.js'

export interface ClassificationCacheOptions {
  /** Most texts remembered. */
  readonly maxTexts: number
  /** Most characters remembered, over all texts. Default 8 million. */
  readonly maxCharacters?: number
  readonly classify: (text: string) => Classification
}

/** Longer texts are classified anew each time: reading them costs less than what they do. */
const LONGEST_TEXT = 20_000
const SEEN_SLOTS = 4096

/**
 * Remembers classifications by text.
 *
 * Texts with values written into them come once and never again; they must not push out those that repeat. So a text is
 * remembered at its second coming: of the first, only a hash is kept, in a table of fixed size. When the memory is
 * full it starts anew, which costs each text one classification. Nothing grows with the number of statements.
 */
export class ClassificationCache {
  readonly #options: Required<ClassificationCacheOptions>
  readonly #known = new Map<string, Classification>()
  readonly #seen = new Int32Array(SEEN_SLOTS)
  #characters = 0

  constructor(options: ClassificationCacheOptions) {
    this.#options = { maxCharacters: 8_000_000, ...options }
  }

  get size(): number {
    return this.#known.size
  }

  classify(text: string): Classification {
    return this.#known.get(text) ?? this.#classifyAnew(text)
  }

  clear(): void {
    this.#known.clear()
    this.#characters = 0
  }

  #classifyAnew(text: string): Classification {
    const found = this.#options.classify(text)
    if (text.length <= LONGEST_TEXT && this.#comesAgain(text)) this.#remember(text, found)
    return found
  }

  #remember(text: string, found: Classification): void {
    const { maxTexts, maxCharacters } = this.#options
    if (this.#known.size >= maxTexts || this.#characters + text.length > maxCharacters) this.clear()
    this.#known.set(text, found)
    this.#characters += text.length
  }

  #comesAgain(text: string): boolean {
    const hash = hashOf(text)
    const slot = hash & (SEEN_SLOTS - 1)
    if (this.#seen[slot] === hash) return true
    this.#seen[slot] = hash
    return false
  }
}

export function classificationCache(options: ClassificationCacheOptions): ClassificationCache {
  return new ClassificationCache(options)
}

/** Sixty-four characters spread over the text tell texts apart well enough: a mistake costs one place in the memory. */
function hashOf(text: string): number {
  const step = (text.length >> 6) + 1
  let hash = text.length
  for (let at = 0; at < text.length; at += step) hash = (Math.imul(hash, 31) + text.charCodeAt(at)) | 0
  return hash
}
