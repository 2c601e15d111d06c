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
 * Words are found by their length, their first and their last letter: each such row is a chain of words, and for nearly
 * all names that are no known word the chain is empty. A slice of the text for each word, to ask a Map, would cost more
 * than all the rest of the scanner.
 */

/** Known words are shorter, and so are identifiers of the server. */
const LENGTHS = 64
const chains = new Uint16Array(32 * 32 * LENGTHS)
const nextInChain = new Uint16Array(SPELLINGS.length)
/** The letters of all words in one row, and where each word begins; the last entry ends the last word. */
const letters = Uint8Array.from(SPELLINGS.join(''), (letter) => letter.charCodeAt(0) | 0x20)
const offsets = offsetsOf(SPELLINGS)

/** The number of the word at this place, in any case; 0 when it is not known. */
export function wordAt(units: Uint16Array, start: number, end: number): number {
  const length = end - start
  if (length >= LENGTHS) return 0
  const first = chains[chainOf(units[start] as number, units[end - 1] as number, length)] as number
  return first === 0 ? 0 : wordInChain(units, start, end, first)
}

/** The lower bits of a letter are the same in both cases. */
function chainOf(first: number, last: number, length: number): number {
  return ((first & 0x1f) << 11) | ((last & 0x1f) << 6) | length
}

function wordInChain(units: Uint16Array, start: number, end: number, first: number): number {
  for (let word = first; word !== 0; word = nextInChain[word] as number) {
    let letter = offsets[word] as number
    let at = start
    // In the letters of an identifier, the bit 0x20 alone tells cases apart.
    while (at < end && ((units[at] as number) | 0x20) === letters[letter]) {
      at++
      letter++
    }
    if (at === end) return word
  }
  return 0
}

function offsetsOf(words: readonly string[]): Uint16Array {
  let offset = 0
  return Uint16Array.from([...words, ''], (word) => {
    offset += word.length
    return offset - word.length
  })
}

// Backwards, so that key words, which are frequent, come first in their chains.
for (let word = SPELLINGS.length - 1; word > 0; word--) {
  const spelling = SPELLINGS[word] as string
  const chain = chainOf(spelling.charCodeAt(0), spelling.charCodeAt(spelling.length - 1), spelling.length)
  nextInChain[word] = chains[chain] as number
  chains[chain] = word
}
