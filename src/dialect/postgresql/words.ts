import { HARMLESS_FUNCTIONS } from './harmless-functions.js'
import { KEYWORDS } from './keywords.js'
import { PRIMARY_FUNCTIONS, type PrimaryFunction } from './primary-functions.js'
import { IDENTIFIER } from './tokens.js'
import { unitsOf } from './units.js'

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

const WORD_OF_SPELLING: ReadonlyMap<string, number> = new Map(SPELLINGS.map((spelling, word) => [spelling, word]))

/** The number of a word as the catalogue spells it; 0 when it is not known. */
export function wordSpelled(name: string): number {
  return WORD_OF_SPELLING.get(name) ?? 0
}

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
 * The words in an open-addressed hash table, found by a signature of their length and four of their letters. A slice of
 * the text for each word, to ask a Map, would cost more than all the rest of the scanner; this costs one look at a slot
 * for a word that is not here, which most are.
 */

/** A power of two, three times the number of words: few collisions, and still small. */
const SLOTS = 8192
const SHIFT = 32 - 13
const MASK = SLOTS - 1
const slotWords = new Uint16Array(SLOTS)
const slotSignatures = new Int32Array(SLOTS)
/** The letters of all words in one row, and where each word begins; the last entry ends the last word. */
const letters = Uint8Array.from(SPELLINGS.join(''), (letter) => letter.charCodeAt(0) | 0x20)
const offsets = offsetsOf(SPELLINGS)
const LONGEST_WORD = Math.max(...SPELLINGS.map((spelling) => spelling.length))

/** The number of the word at this place, in any case; 0 when it is not known. */
export function wordAt(units: Uint16Array, start: number, end: number): number {
  if (end - start > LONGEST_WORD) return 0
  const signature = signatureOf(units, start, end)
  for (let slot = slotOf(signature); ; slot = (slot + 1) & MASK) {
    const word = slotWords[slot] as number
    if (word === 0) return 0
    if (slotSignatures[slot] === signature && isSpelled(units, start, end, word)) return word
  }
}

/** Equal for words that differ only in the case of ASCII letters: in an identifier, the bit 0x20 alone tells cases. */
function signatureOf(units: Uint16Array, start: number, end: number): number {
  const first = (units[start] as number) & 0x1f
  const second = (units[start + 1] as number) & 0x5f
  const middle = (units[(start + end) >> 1] as number) & 0x5f
  const last = (units[end - 1] as number) & 0x5f
  return (first << 27) ^ (second << 20) ^ (middle << 13) ^ (last << 6) ^ (end - start)
}

function slotOf(signature: number): number {
  return Math.imul(signature, 0x9e3779b1) >>> SHIFT
}

function isSpelled(units: Uint16Array, start: number, end: number, word: number): boolean {
  let letter = offsets[word] as number
  if (letter + end - start !== offsets[word + 1]) return false
  for (let at = start; at < end; at++, letter++) {
    if (((units[at] as number) | 0x20) !== letters[letter]) return false
  }
  return true
}

function offsetsOf(words: readonly string[]): Uint16Array {
  let offset = 0
  return Uint16Array.from([...words, ''], (word) => {
    offset += word.length
    return offset - word.length
  })
}

SPELLINGS.forEach((spelling, word) => {
  if (word === 0) return
  const signature = signatureOf(unitsOf(spelling), 0, spelling.length)
  let slot = slotOf(signature)
  while (slotWords[slot] !== 0) slot = (slot + 1) & MASK
  slotWords[slot] = word
  slotSignatures[slot] = signature
})
