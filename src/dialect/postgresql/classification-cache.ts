import type { Classification } from '../../model/intent.js'

export interface ClassificationCacheOptions {
  /** Most texts remembered. 0: none. */
  readonly maxTexts: number
  /** Most memory for the texts themselves, in bytes as the engine keeps them. Default 8 MiB. */
  readonly maxBytes?: number
  /** Run for a text that is not remembered. */
  readonly classify: (text: string) => Classification
}

const DEFAULT_MAX_BYTES = 8 * 1024 * 1024
/** A longer text is classified anew each time: to read it costs little beside what it does. */
const LONGEST_TEXT = 16_384
/** One text may take this part of the memory at most. */
const SHARE_OF_ONE = 16
/** A power of two: how many newcomers may pass before one that came once is forgotten. */
const SEEN_SLOTS = 4096
/** What an entry takes beside its text: the classification, its arrays, the place in the map. */
const BYTES_OF_ENTRY = 400

/**
 * Remembers classifications by text, within a number of texts and of bytes.
 *
 * Texts with values written into them, or with a different comment each time, come once and never again: they must not
 * push out those that repeat. So a text is remembered at its second coming; of the first only a hash is kept, in a table
 * of fixed size. A full memory becomes the old one and a new one begins; what is asked for moves over, and what nobody
 * asks for goes with the old one: at least half of the limit is kept of the latest. So a hit is a look into one map, and
 * nothing grows with the number of statements.
 */
export class ClassificationCache {
  readonly #classify: (text: string) => Classification
  readonly #maxYoung: number
  /** With an odd limit, the old generation holds one text less. */
  readonly #maxOld: number
  readonly #maxBytes: number
  readonly #longest: number
  readonly #seen = new Int32Array(SEEN_SLOTS)
  #young = new Map<string, Classification>()
  #old = new Map<string, Classification>()
  #youngBytes = 0
  #oldBytes = 0

  constructor(options: ClassificationCacheOptions) {
    const maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES
    this.#classify = options.classify
    // Two generations share the limits.
    this.#maxYoung = Math.ceil(options.maxTexts / 2)
    this.#maxOld = Math.floor(options.maxTexts / 2)
    this.#maxBytes = Math.floor(maxBytes / 2)
    this.#longest = Math.min(LONGEST_TEXT, Math.floor(maxBytes / SHARE_OF_ONE))
  }

  /** Texts remembered now. */
  get size(): number {
    return this.#young.size + this.#old.size
  }

  /** Bytes that they are counted as. */
  get bytes(): number {
    return this.#youngBytes + this.#oldBytes
  }

  classify(text: string): Classification {
    return this.#young.get(text) ?? this.#recall(text)
  }

  clear(): void {
    this.#young = new Map()
    this.#old = new Map()
    this.#youngBytes = 0
    this.#oldBytes = 0
  }

  #recall(text: string): Classification {
    const known = this.#old.get(text)
    if (known !== undefined) {
      this.#old.delete(text)
      this.#oldBytes -= bytesOf(text)
      this.#remember(text, known)
      return known
    }
    const found = this.#classify(text)
    if (text.length <= this.#longest && this.#comesAgain(text)) this.#remember(text, found)
    return found
  }

  #remember(text: string, found: Classification): void {
    const bytes = bytesOf(text)
    if (this.#young.size >= this.#maxYoung || this.#youngBytes + bytes > this.#maxBytes) this.#age()
    if (this.#maxYoung === 0) return
    this.#young.set(text, found)
    this.#youngBytes += bytes
  }

  #age(): void {
    this.#old = this.#young
    this.#oldBytes = this.#youngBytes
    this.#young = new Map()
    this.#youngBytes = 0
    for (const text of this.#old.keys()) {
      if (this.#old.size <= this.#maxOld) break
      this.#old.delete(text)
      this.#oldBytes -= bytesOf(text)
    }
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

/** Two bytes for a unit: what the engine needs at most. */
function bytesOf(text: string): number {
  return text.length * 2 + BYTES_OF_ENTRY
}

/** Of every unit, so that two texts which differ in one literal differ. Never 0, which is an empty slot. */
function hashOf(text: string): number {
  let hash = text.length
  for (let at = 0; at < text.length; at++) hash = (Math.imul(hash, 31) + text.charCodeAt(at)) | 0
  return (hash ^ (hash >>> 15)) | 0x4000_0000
}
