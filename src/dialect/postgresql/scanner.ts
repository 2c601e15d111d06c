import * as t from './tokens.js'
import { foldHash, TOKEN_OF_WORD, wordAt } from './words.js'

/** Classes of characters. A class of at least `LETTER` can go on a word; the letters and above it can begin one. */
const OTHER = 0
const SPACE = 1
const OPERATOR_CHARACTER = 2
const PUNCTUATION = 3
const QUOTE = 4
const DOUBLE_QUOTE = 5
const DOLLAR = 6
const DIGIT = 7
const LETTER = 8
/** A letter that begins another token when a quote follows: `E'...'`, `B'...'`, `X'...'`, `U&'...'`. */
const QUOTING_LETTER = 9

const NEWLINE = 10
const RETURN = 13
const STAR = 42
const PLUS = 43
const MINUS = 45
const POINT = 46
const SLASH = 47
const ZERO = 48
const COLON = 58
const EQUALS = 61
const GREATER = 62
const BACKSLASH = 92
const APOSTROPHE = 39
const QUOTATION = 34
const DOLLAR_SIGN = 36
const UNDERSCORE = 95
const AMPERSAND = 38

/** Of every UTF-16 unit: beyond ASCII all are letters, as they are to the server. */
const CLASSES: Uint8Array = classes()
/** The token of each character that is one by itself. */
const TOKEN_OF_PUNCTUATION: Uint8Array = tokenOfPunctuation()
/** A character may make a `+` or `-` at the end of an operator part of it: `~ ! @ # ^ & | ` ? %`. */
const FREES_SIGN: Uint8Array = mark('~!@#^&|`?%')
const HEXADECIMAL: Uint8Array = mark('0123456789abcdefABCDEF')

/**
 * PostgreSQL's lexical rules, one token at a time, over UTF-16 units.
 *
 * Does not allocate, does not recurse and looks at each unit a bounded number of times.
 *
 * @see https://www.postgresql.org/docs/current/sql-syntax-lexical.html
 * @see https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/parser/scan.l
 */
export class Scanner {
  readonly text: string
  /** Where the last token begins and ends. */
  start = 0
  end: number
  /** The number in `words.ts` of the last token, if it is a known word without quotes; otherwise 0. */
  word = 0
  readonly #backslashEscapes: boolean

  /**
   * @param from where to begin; a token must begin there.
   * @param standardConformingStrings as the session has it. Off: a backslash escapes in every string.
   */
  constructor(text: string, from = 0, standardConformingStrings = true) {
    this.text = text
    this.end = from
    this.#backslashEscapes = !standardConformingStrings
  }

  /** A scanner for looking ahead: it goes on from here by itself. */
  fork(): Scanner {
    return new Scanner(this.text, this.end, !this.#backslashEscapes)
  }

  /** The next token's number. `END` and `BAD` are for ever. */
  next(): number {
    const { text } = this
    const length = text.length
    let at = this.end
    for (;;) {
      if (at >= length) {
        this.start = this.end = length
        return t.END
      }
      const code = text.charCodeAt(at)
      const kind = CLASSES[code] as number
      if (kind >= LETTER) {
        if (kind === QUOTING_LETTER) {
          const token = this.#quoted(at, code)
          if (token !== t.END) return token
        }
        return this.#wordToken(at, code)
      }
      if (kind === SPACE) {
        at++
        continue
      }
      this.start = at
      if (kind === PUNCTUATION) {
        const next = at + 1 < length ? text.charCodeAt(at + 1) : 0
        if (code === COLON || code === POINT) return this.#colonOrPoint(at, code, next)
        this.end = at + 1
        return TOKEN_OF_PUNCTUATION[code] as number
      }
      if (kind === OPERATOR_CHARACTER) {
        const next = at + 1 < length ? text.charCodeAt(at + 1) : 0
        if ((code === MINUS && next === MINUS) || (code === SLASH && next === STAR)) {
          at = code === MINUS ? endOfLine(text, at + 2) : endOfComment(text, at + 2)
          if (at < 0) return this.#bad(length)
          continue
        }
        return this.#operator(at)
      }
      if (kind === DIGIT) return this.#number(at, code)
      if (kind === QUOTE) return this.#string(at + 1, this.#backslashEscapes)
      if (kind === DOUBLE_QUOTE) return this.#identifier(at + 1, t.QUOTED_IDENTIFIER)
      if (kind === DOLLAR) return this.#dollar(at)
      return this.#bad(at + 1)
    }
  }

  #wordToken(from: number, first: number): number {
    const { text } = this
    const length = text.length
    let hash = foldHash(0, first)
    let at = from + 1
    for (; at < length; at++) {
      const code = text.charCodeAt(at)
      if ((CLASSES[code] as number) < DOLLAR) break
      hash = foldHash(hash, code)
    }
    this.start = from
    this.end = at
    const word = wordAt(text, from, at, hash)
    this.word = word
    return TOKEN_OF_WORD[word] as number
  }

  /** `END`: only a word that begins with this letter. */
  #quoted(at: number, code: number): number {
    const { text } = this
    const next = text.charCodeAt(at + 1)
    if (next === APOSTROPHE) {
      const lower = code | 0x20
      if (lower === 0x75) return t.END
      this.start = at
      return this.#string(at + 2, lower === 0x65)
    }
    if (next !== AMPERSAND || (code | 0x20) !== 0x75) return t.END
    const quote = text.charCodeAt(at + 2)
    if (quote === QUOTATION) {
      this.start = at
      return this.#identifier(at + 3, t.UNICODE_IDENTIFIER)
    }
    if (quote !== APOSTROPHE) return t.END
    this.start = at
    // The server refuses these when a backslash escapes in every string.
    return this.#backslashEscapes ? this.#bad(at + 3) : this.#string(at + 3, false)
  }

  /** From behind the opening quote. Parts that only white space with a newline separates are one string. */
  #string(from: number, backslashEscapes: boolean): number {
    const { text } = this
    const length = text.length
    let at = from
    while (at < length) {
      const code = text.charCodeAt(at++)
      if (code === BACKSLASH && backslashEscapes) at++
      else if (code === APOSTROPHE) {
        if (at < length && text.charCodeAt(at) === APOSTROPHE) {
          at++
          continue
        }
        const more = continuation(text, at)
        if (more < 0) {
          this.end = at
          return t.STRING
        }
        at = more
      }
    }
    return this.#bad(length)
  }

  #identifier(from: number, token: number): number {
    const { text } = this
    let at = from
    for (;;) {
      at = text.indexOf('"', at)
      if (at < 0) return this.#bad(text.length)
      if (text.charCodeAt(at + 1) !== QUOTATION) break
      at += 2
    }
    this.word = 0
    this.end = at + 1
    return token
  }

  /** A parameter or a dollar-quoted string. */
  #dollar(from: number): number {
    const { text } = this
    const length = text.length
    let at = from + 1
    const first = at < length ? (CLASSES[text.charCodeAt(at)] as number) : OTHER
    if (first === DIGIT) {
      while (at < length && CLASSES[text.charCodeAt(at)] === DIGIT) at++
      this.end = at
      return t.PARAMETER
    }
    if (first >= LETTER) while (at < length && (CLASSES[text.charCodeAt(at)] as number) >= DIGIT) at++
    if (at >= length || text.charCodeAt(at) !== DOLLAR_SIGN) return this.#bad(from + 1)
    const close = text.indexOf(text.slice(from, at + 1), at + 1)
    if (close < 0) return this.#bad(length)
    this.end = close + at + 1 - from
    return t.STRING
  }

  #colonOrPoint(at: number, code: number, next: number): number {
    if (code === POINT && next !== POINT) {
      if (CLASSES[next] === DIGIT) return this.#number(at, code)
      this.end = at + 1
      return t.DOT
    }
    this.end = at + 2
    if (code === POINT) return t.DOT_DOT
    if (next === COLON) return t.CAST
    if (next === EQUALS) return t.ASSIGN
    this.end = at + 1
    return t.COLON
  }

  #operator(from: number): number {
    const { text } = this
    const length = text.length
    let at = from
    for (; at < length; at++) {
      const code = text.charCodeAt(at)
      if (CLASSES[code] !== OPERATOR_CHARACTER) break
      if (at > from && at + 1 < length) {
        const next = text.charCodeAt(at + 1)
        if ((code === MINUS && next === MINUS) || (code === SLASH && next === STAR)) break
      }
    }
    this.end = at - from > 1 ? endOfOperator(text, from, at) : at
    if (this.end - from === 1) return text.charCodeAt(from) === EQUALS ? t.EQUALS : t.OPERATOR
    const isArrow = this.end - from === 2 && text.charCodeAt(from) === EQUALS && text.charCodeAt(from + 1) === GREATER
    return isArrow ? t.ARROW : t.OPERATOR
  }

  /** From a digit, or from a point before one. */
  #number(from: number, first: number): number {
    const { text } = this
    let at = from
    if (first === ZERO && from + 1 < text.length) {
      at = endOfRadix(text, from)
      if (at > from) {
        this.end = at
        return t.NUMBER
      }
    }
    at = endOfDigits(text, from)
    if (text.charCodeAt(at) === POINT && (at === from || text.charCodeAt(at + 1) !== POINT)) {
      at = endOfDigits(text, at + 1)
    }
    this.end = endOfExponent(text, at)
    return t.NUMBER
  }

  #bad(end: number): number {
    this.end = end
    return t.BAD
  }
}

/** The newline itself is white space. */
function endOfLine(text: string, from: number): number {
  let at = from
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === NEWLINE || code === RETURN) break
  }
  return at
}

/** Comments nest. @returns -1 when it does not end. */
function endOfComment(text: string, from: number): number {
  let depth = 1
  for (let at = from; at + 1 < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === STAR && text.charCodeAt(at + 1) === SLASH) {
      at++
      if (--depth === 0) return at + 1
    } else if (code === SLASH && text.charCodeAt(at + 1) === STAR) {
      at++
      depth++
    }
  }
  return -1
}

/**
 * A string goes on behind white space that has a newline, and comments to the end of a line.
 *
 * @returns where it goes on, behind the quote; -1 when it has ended.
 */
function continuation(text: string, from: number): number {
  let at = from
  let newline = false
  while (at < text.length) {
    const code = text.charCodeAt(at)
    if (code === NEWLINE || code === RETURN) newline = true
    else if (code === MINUS && text.charCodeAt(at + 1) === MINUS) at = endOfLine(text, at + 2) - 1
    else if (code === APOSTROPHE) return newline ? at + 1 : -1
    else if (CLASSES[code] !== SPACE) return -1
    at++
  }
  return -1
}

/** An operator of several characters ends in a sign only if it also has a character that SQL has no operators of. */
function endOfOperator(text: string, from: number, to: number): number {
  let end = to
  while (end - from > 1) {
    const last = text.charCodeAt(end - 1)
    if (last !== PLUS && last !== MINUS) break
    let at = end - 2
    while (at >= from && FREES_SIGN[text.charCodeAt(at)] === 0) at--
    if (at >= from) break
    end--
  }
  return end
}

/** `0x1F`, `0o17`, `0b11`, with underscores between digits. @returns `from` when it is none. */
function endOfRadix(text: string, from: number): number {
  const letter = text.charCodeAt(from + 1) | 0x20
  if (letter !== 0x78 && letter !== 0x6f && letter !== 0x62) return from
  const limit = letter === 0x6f ? ZERO + 8 : ZERO + 2
  let end = from
  for (let at = from + 2; at < text.length; at++) {
    let code = text.charCodeAt(at)
    if (code === UNDERSCORE && at + 1 < text.length) code = text.charCodeAt(++at)
    const isDigit = letter === 0x78 ? HEXADECIMAL[code] === 1 : code >= ZERO && code < limit
    if (!isDigit) break
    end = at + 1
  }
  return end
}

function endOfDigits(text: string, from: number): number {
  let at = from
  while (at < text.length) {
    const code = text.charCodeAt(at)
    if (CLASSES[code] === DIGIT) at++
    else if (code === UNDERSCORE && at > from && CLASSES[text.charCodeAt(at + 1)] === DIGIT) at += 2
    else break
  }
  return at
}

function endOfExponent(text: string, from: number): number {
  if ((text.charCodeAt(from) | 0x20) !== 0x65) return from
  const sign = text.charCodeAt(from + 1)
  const digits = sign === PLUS || sign === MINUS ? from + 2 : from + 1
  return CLASSES[text.charCodeAt(digits)] === DIGIT ? endOfDigits(text, digits) : from
}

function classes(): Uint8Array {
  const table = new Uint8Array(65536).fill(LETTER, 128)
  for (const space of ' \t\n\r\f\v') table[space.charCodeAt(0)] = SPACE
  for (const operator of '~!@#^&|`?+-*/%<>=') table[operator.charCodeAt(0)] = OPERATOR_CHARACTER
  for (const punctuation of '()[],;:.') table[punctuation.charCodeAt(0)] = PUNCTUATION
  for (let code = ZERO; code < ZERO + 10; code++) table[code] = DIGIT
  for (let code = 0x61; code <= 0x7a; code++) table[code] = table[code - 0x20] = LETTER
  for (const letter of 'ebxuEBXU') table[letter.charCodeAt(0)] = QUOTING_LETTER
  table[UNDERSCORE] = LETTER
  table[APOSTROPHE] = QUOTE
  table[QUOTATION] = DOUBLE_QUOTE
  table[DOLLAR_SIGN] = DOLLAR
  return table
}

function tokenOfPunctuation(): Uint8Array {
  const table = new Uint8Array(128)
  const tokens = {
    '(': t.OPEN,
    ')': t.CLOSE,
    '[': t.OPEN_BRACKET,
    ']': t.CLOSE_BRACKET,
    ',': t.COMMA,
    ';': t.SEMICOLON,
  }
  for (const [character, token] of Object.entries(tokens)) table[character.charCodeAt(0)] = token
  return table
}

function mark(characters: string): Uint8Array {
  const table = new Uint8Array(65536)
  for (const character of characters) table[character.charCodeAt(0)] = 1
  return table
}
