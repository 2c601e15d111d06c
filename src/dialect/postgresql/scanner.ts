import * as c from './characters.js'
import {
  BITS,
  beginsComment,
  DOUBLED,
  ESCAPED,
  endOfComment,
  endOfDollarTag,
  endOfIdentifier,
  endOfLine,
  endOfNumber,
  endOfOperator,
  endOfOperators,
  endOfString,
} from './token-ends.js'
import * as t from './tokens.js'
import { unitsOf } from './units.js'
import { TOKEN_OF_WORD, wordAt } from './words.js'

const { CLASSES, SPACE, LETTER, DIGIT, DOLLAR, PUNCTUATION, OPERATOR_CHARACTER, DOUBLE_QUOTE, EQUALS, QUOTATION } = c
/** The token of each character that is always one by itself. */
const TOKEN_OF_PUNCTUATION: Uint8Array = tokenOfPunctuation()
/** After which characters a row of digits is a whole number: not a point, an underscore, a letter. */
const ENDS_NUMBER: Uint8Array = CLASSES.map((kind, unit) => (kind < DIGIT && unit !== c.POINT ? 1 : 0))

const LOWER_E = 0x65
const LOWER_U = 0x75

/**
 * PostgreSQL's lexical rules, one token at a time, over UTF-16 units.
 *
 * Does not recurse, makes no objects, and looks at each unit a bounded number of times.
 *
 * @see https://www.postgresql.org/docs/current/sql-syntax-lexical.html
 * @see https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/parser/scan.l
 */
export class Scanner {
  readonly text: string
  /** Where the last token begins and ends. */
  start = 0
  end: number
  /** The number in `words.ts` of the last token, if it is a known word without quotes; of other names 0. */
  word = 0
  readonly #units: Uint16Array
  /** From the last operator's end up to here there are only signs, and each is an operator by itself. */
  #signsUntil = 0
  readonly #backslashEscapes: boolean

  /**
   * @param from where to begin; a token must begin there.
   * @param standardConformingStrings as the session has it. Off: a backslash escapes in every string.
   */
  constructor(text: string, from = 0, standardConformingStrings = true, units = unitsOf(text)) {
    this.text = text
    this.end = from
    this.#units = units
    this.#backslashEscapes = !standardConformingStrings
  }

  /** A scanner for looking ahead: it goes on from here by itself. */
  fork(): Scanner {
    return new Scanner(this.text, this.end, !this.#backslashEscapes, this.#units)
  }

  /** The next token's number. `END` is for ever. What is frequent is written out here: a call costs as much as a token. */
  next(): number {
    const units = this.#units
    let at = this.end
    for (;;) {
      let unit = units[at] as number
      let kind = CLASSES[unit] as number
      while (kind === SPACE) {
        unit = units[++at] as number
        kind = CLASSES[unit] as number
      }
      this.start = at
      if (kind === LETTER) {
        do at++
        while ((CLASSES[units[at] as number] as number) >= DOLLAR)
        this.end = at
        const word = wordAt(units, this.start, at)
        this.word = word
        return TOKEN_OF_WORD[word] as number
      }
      if (kind === PUNCTUATION) {
        this.end = at + 1
        const token = TOKEN_OF_PUNCTUATION[unit] as number
        return token === t.END ? this.#pointOrColon(at, unit) : token
      }
      if (kind === DOUBLE_QUOTE) {
        do unit = units[++at] as number
        while (unit !== QUOTATION && unit !== 0)
        if (unit === 0 || units[at + 1] === QUOTATION) return this.#identifier(this.start + 1, t.QUOTED_IDENTIFIER)
        this.word = 0
        this.end = at + 1
        return t.QUOTED_IDENTIFIER
      }
      if (kind === DIGIT) {
        do at++
        while (CLASSES[units[at] as number] === DIGIT)
        this.end = ENDS_NUMBER[units[at] as number] === 1 ? at : endOfNumber(units, this.start)
        return t.NUMBER
      }
      if (kind === OPERATOR_CHARACTER) {
        if (CLASSES[units[at + 1] as number] !== OPERATOR_CHARACTER) {
          this.end = at + 1
          return unit === EQUALS ? t.EQUALS : t.OPERATOR
        }
        if (!beginsComment(units, at)) return this.#operator(at, unit)
        at = this.#endOfComment(at, unit)
        if (at < 0) return this.#bad()
      } else return this.#rest(at, kind, unit)
    }
  }

  /** What is less frequent, or long in itself. */
  #rest(at: number, kind: number, unit: number): number {
    switch (kind) {
      case c.QUOTE:
        return this.#string(at + 1, this.#backslashEscapes ? ESCAPED : DOUBLED)
      case c.QUOTING_LETTER:
        return this.#perhapsQuoted(at, unit)
      case DOLLAR:
        return this.#dollar(at)
    }
    return at < this.text.length ? this.#bad() : this.#token(t.END, at)
  }

  #token(token: number, end: number): number {
    this.end = end
    return token
  }

  /** What the server refuses. The rest of the text has no meaning. */
  #bad(): number {
    this.end = this.text.length
    return t.BAD
  }

  #word(from: number): number {
    const units = this.#units
    let at = from + 1
    while ((CLASSES[units[at] as number] as number) >= DOLLAR) at++
    this.end = at
    this.word = wordAt(units, from, at)
    return TOKEN_OF_WORD[this.word] as number
  }

  /** `E'...'`, `B'...'`, `X'...'`, `U&'...'`, `U&"..."`, or a word that begins like them. */
  #perhapsQuoted(at: number, unit: number): number {
    const units = this.#units
    const second = units[at + 1]
    const letter = unit | 0x20
    if (letter === LOWER_U) {
      const third = second === c.AMPERSAND ? units[at + 2] : 0
      if (third !== QUOTATION && third !== c.APOSTROPHE) return this.#word(at)
      if (third === QUOTATION) return this.#identifier(at + 3, t.UNICODE_IDENTIFIER)
      // The server refuses these strings while a backslash escapes in every string.
      return this.#backslashEscapes ? this.#bad() : this.#string(at + 3, DOUBLED)
    }
    if (second !== c.APOSTROPHE) return this.#word(at)
    return this.#string(at + 2, letter === LOWER_E ? ESCAPED : BITS)
  }

  #string(from: number, style: number): number {
    const end = endOfString(this.#units, from, this.text.length, style)
    return end < 0 ? this.#bad() : this.#token(t.STRING, end)
  }

  #identifier(from: number, token: number): number {
    const end = endOfIdentifier(this.#units, from, this.text.length)
    this.word = 0
    return end < 0 ? this.#bad() : this.#token(token, end)
  }

  /** @returns -1 when it does not end. */
  #endOfComment(at: number, unit: number): number {
    const { length } = this.text
    return unit === c.MINUS ? endOfLine(this.#units, at + 2, length) : endOfComment(this.#units, at + 2, length)
  }

  /** A parameter or a dollar-quoted string. */
  #dollar(from: number): number {
    const units = this.#units
    let at = from + 1
    if (CLASSES[units[at] as number] === c.DIGIT) {
      while (CLASSES[units[at] as number] === c.DIGIT) at++
      return this.#token(t.PARAMETER, at)
    }
    const end = endOfDollarTag(units, from)
    if (end < 0) return this.#bad()
    const close = this.text.indexOf(this.text.slice(from, end), end)
    return close < 0 ? this.#bad() : this.#token(t.STRING, close + end - from)
  }

  #pointOrColon(at: number, unit: number): number {
    const next = this.#units[at + 1] as number
    if (unit === c.POINT) {
      if ((CLASSES[next] as number) >= LETTER) return t.DOT
      if (next === c.POINT) return this.#token(t.DOT_DOT, at + 2)
      return CLASSES[next] === DIGIT ? this.#token(t.NUMBER, endOfNumber(this.#units, at)) : t.DOT
    }
    if (next === c.COLON) return this.#token(t.CAST, at + 2)
    return next === EQUALS ? this.#token(t.ASSIGN, at + 2) : t.COLON
  }

  #operator(at: number, unit: number): number {
    const units = this.#units
    if (at < this.#signsUntil) {
      this.end = at + 1
      return t.OPERATOR
    }
    const rowEnd = endOfOperators(units, at)
    this.end = endOfOperator(units, at, rowEnd)
    this.#signsUntil = rowEnd
    if (unit !== EQUALS) return t.OPERATOR
    if (this.end === at + 1) return t.EQUALS
    return this.end === at + 2 && units[at + 1] === c.GREATER ? t.ARROW : t.OPERATOR
  }
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
