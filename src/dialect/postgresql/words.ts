import { HARMLESS_FUNCTIONS } from './harmless-functions.js'
import { KEYWORDS } from './keywords.js'
import { PRIMARY_FUNCTIONS, type PrimaryFunction } from './primary-functions.js'
import { IDENTIFIER } from './tokens.js'

/** What a word is as the name of a function. */
export const NO_BUILT_IN = 0
export const HARMLESS = 1
/** From here on: the number of a row of `PRIMARY`. */
const FIRST_PRIMARY = 2

/** Known words by number: key words and built-in functions. Number 0 is every other word. */
const SPELLINGS: readonly string[] = [
  '',
  ...new Set([...KEYWORDS.keys(), ...HARMLESS_FUNCTIONS, ...Object.keys(PRIMARY_FUNCTIONS)]),
]
const PRIMARY: readonly PrimaryFunction[] = Object.values(PRIMARY_FUNCTIONS)

/** The token number of each known word. */
export const TOKEN_OF_WORD: Uint8Array = Uint8Array.from(SPELLINGS, (word) => KEYWORDS.get(word) ?? IDENTIFIER)
const FUNCTION_OF_WORD: Uint16Array = functionOfWord()

export function spellingOf(word: number): string {
  return SPELLINGS[word] as string
}

export function functionOf(word: number): number {
  return FUNCTION_OF_WORD[word] as number
}

/** @param kind neither `NO_BUILT_IN` nor `HARMLESS`. */
export function primaryFunction(kind: number): PrimaryFunction {
  return PRIMARY[kind - FIRST_PRIMARY] as PrimaryFunction
}

function functionOfWord(): Uint16Array {
  const kinds = new Map<string, number>()
  for (const name of HARMLESS_FUNCTIONS) kinds.set(name, HARMLESS)
  Object.keys(PRIMARY_FUNCTIONS).forEach((name, index) => {
    kinds.set(name, FIRST_PRIMARY + index)
  })
  return Uint16Array.from(SPELLINGS, (word) => kinds.get(word) ?? NO_BUILT_IN)
}

/*
 * The words in an open-addressed hash table. A slice of the text per word, to ask a Map, would cost more than all the
 * rest of the scanner; this costs one look at a slot for a word that is not here, which most are.
 */

/** A power of two, three times the number of words: few collisions, and still small. */
const SLOTS = 8192
const MASK = SLOTS - 1
const slotWords = new Uint16Array(SLOTS)
const slotHashes = new Int32Array(SLOTS)
const slotLengths = new Uint8Array(SLOTS)

/** Begin with 0 and fold in the code of each letter. Equal for words that differ only in the case of ASCII letters. */
export function foldHash(hash: number, code: number): number {
  return (Math.imul(hash, 31) + (code | 0x20)) | 0
}

/**
 * The number of the word at this place, in any case; 0 when it is not known.
 *
 * @param hash of all its letters by `foldHash`.
 */
export function wordAt(text: string, start: number, end: number, hash: number): number {
  let slot = (hash ^ (hash >>> 16)) & MASK
  for (;;) {
    const word = slotWords[slot] as number
    if (word === 0) return 0
    if (slotHashes[slot] === hash && slotLengths[slot] === end - start && isSpelled(text, start, word)) return word
    slot = (slot + 1) & MASK
  }
}

/** In the letters of an identifier, the bit 0x20 alone tells cases apart. */
function isSpelled(text: string, start: number, word: number): boolean {
  const spelling = SPELLINGS[word] as string
  for (let index = 0; index < spelling.length; index++) {
    if ((text.charCodeAt(start + index) | 0x20) !== (spelling.charCodeAt(index) | 0x20)) return false
  }
  return true
}

/** The number of a word given as it is stored: for quoted names. */
export function wordSpelled(name: string): number {
  const word = wordAt(name, 0, name.length, hashOf(name))
  return spellingOf(word) === name ? word : 0
}

function hashOf(text: string): number {
  let hash = 0
  for (let index = 0; index < text.length; index++) hash = foldHash(hash, text.charCodeAt(index))
  return hash
}

SPELLINGS.forEach((spelling, word) => {
  if (word === 0) return
  const hash = hashOf(spelling)
  let slot = (hash ^ (hash >>> 16)) & MASK
  while (slotWords[slot] !== 0) slot = (slot + 1) & MASK
  slotWords[slot] = word
  slotHashes[slot] = hash
  slotLengths[slot] = spelling.length
})
