import { findKeyword, hashStep, type Keyword, LONGEST_KEYWORD } from './keywords.js'

/** Kinds of token. Numbers, because one is compared for every token of every statement. */
export const END = 0
/** An unquoted identifier or keyword. */
export const WORD = 1
/** A quoted identifier, `"…"` or `U&"…"`. */
export const QUOTED = 2
/** Any string or bit-string constant. */
export const STRING = 3
export const NUMBER = 4
/** `$1`. */
export const PARAMETER = 5
export const OPERATOR = 6
/** `( ) [ ] , ; . :` and `::`, `:=`, `..`: `code` tells which, by its first character. */
export const PUNCTUATION = 7
/** An unterminated comment, string or identifier, up to the end of the text. */
export const BAD = 8

export type TokenKind = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8

const QUOTE = 39
const DOUBLE_QUOTE = 34
const DOLLAR = 36
const BACKSLASH = 92
const STAR = 42
const SLASH = 47
const MINUS = 45
const NEWLINE = 10
const RETURN = 13
const DOT = 46
const COLON = 58
const EQUALS = 61
const AMPERSAND = 38

/** What a character may begin or belong to. */
const SPACE = 1
const LETTER = 2
const DIGIT = 4
const SELF = 8
const OPERATOR_CHAR = 16

const CLASS = new Uint8Array(128)
for (const code of [9, 10, 11, 12, 13, 32]) CLASS[code] = SPACE
for (let code = 97; code <= 122; code++) CLASS[code] = LETTER
for (let code = 65; code <= 90; code++) CLASS[code] = LETTER
CLASS[95] = LETTER
for (let code = 48; code <= 57; code++) CLASS[code] = DIGIT
for (const char of '()[],;.:') CLASS[char.charCodeAt(0)] = SELF
for (const char of '~!@#^&|`?+-*/%<>=') CLASS[char.charCodeAt(0)] = OPERATOR_CHAR

/** Letters, digits and the dollar go on with a word. */
const IN_WORD = Uint8Array.from(CLASS, (kind, code) => (kind === LETTER || kind === DIGIT || code === DOLLAR ? 1 : 0))

/** Anything beyond ASCII is a letter to PostgreSQL. */
function classOf(code: number): number {
  return code < 128 ? (CLASS[code] as number) : LETTER
}

/**
 * Cuts SQL text into PostgreSQL's tokens, one at a time and without making objects: the fields are the current token.
 *
 * Follows the lexical rules of https://www.postgresql.org/docs/current/sql-syntax-lexical.html. Every character of the
 * text belongs to exactly one token, or to the white space and comments before one. It never goes back, so its time is
 * linear in the length of the text.
 */
export class Scanner {
  readonly text: string
  readonly #hasBackslashes: boolean
  kind: TokenKind = END
  start = 0
  end = 0
  /** Of a `WORD`: which keyword it is, or 0. */
  keyword: Keyword = 0
  /** Of a `PUNCTUATION`: its first character; of others 0. */
  code = 0

  /** @param standardConformingStrings `false`: backslashes escape in plain strings too, as before PostgreSQL 9.1. */
  constructor(text: string, standardConformingStrings = true) {
    this.text = text
    this.#hasBackslashes = !standardConformingStrings
  }

  /** Moves to the next token. At the end it stays there. */
  next(): TokenKind {
    this.keyword = 0
    this.code = 0
    const from = this.#skipBlanks(this.end)
    if (from < 0) return this.kind
    this.start = from
    const { text } = this
    if (from >= text.length) return this.#token(END, from)
    const code = text.charCodeAt(from)
    switch (classOf(code)) {
      case LETTER:
        return this.#wordOrPrefixed(from, code)
      case DIGIT:
        return this.#token(NUMBER, this.#endOfNumber(from))
      case SELF:
        return this.#punctuation(from, code)
      case OPERATOR_CHAR:
        return this.#token(OPERATOR, this.#endOfOperator(from))
    }
    if (code === QUOTE) return this.#quoted(STRING, from + 1, QUOTE, this.#hasBackslashes)
    if (code === DOUBLE_QUOTE) return this.#quoted(QUOTED, from + 1, DOUBLE_QUOTE, false)
    if (code === DOLLAR) return this.#dollar(from)
    return this.#token(OPERATOR, from + 1)
  }

  #token(kind: TokenKind, end: number): TokenKind {
    this.kind = kind
    this.end = end
    return kind
  }

  /** @returns where the next token begins; -1 when a comment does not end, which is then the (bad) token. */
  #skipBlanks(from: number): number {
    const { text } = this
    const { length } = text
    let at = from
    for (;;) {
      while (at < length && classOf(text.charCodeAt(at)) === SPACE) at++
      const code = text.charCodeAt(at)
      if (code === MINUS && text.charCodeAt(at + 1) === MINUS) at = this.#endOfLine(at + 2)
      else if (code === SLASH && text.charCodeAt(at + 1) === STAR) {
        const end = this.#endOfComment(at + 2)
        if (end < 0) {
          this.start = at
          this.#token(BAD, length)
          return -1
        }
        at = end
      } else return at
    }
  }

  #endOfLine(from: number): number {
    const { text } = this
    let at = from
    while (at < text.length && text.charCodeAt(at) !== NEWLINE && text.charCodeAt(at) !== RETURN) at++
    return at
  }

  /** Comments nest. */
  #endOfComment(from: number): number {
    const { text } = this
    let depth = 1
    for (let at = from; at < text.length; at++) {
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

  /** A word, or one of the strings that a letter announces: `E'…'`, `B'…'`, `X'…'`, `N'…'`, `U&'…'`, `U&"…"`. */
  #wordOrPrefixed(from: number, first: number): TokenKind {
    const { text } = this
    const letter = first | 32
    const second = text.charCodeAt(from + 1)
    if (second === QUOTE) {
      if (letter === 101) return this.#quoted(STRING, from + 2, QUOTE, true)
      if (letter === 98 || letter === 120 || letter === 110) return this.#quoted(STRING, from + 2, QUOTE, false)
    }
    if (second === AMPERSAND && letter === 117) {
      const third = text.charCodeAt(from + 2)
      if (third === QUOTE) return this.#quoted(STRING, from + 3, QUOTE, false)
      if (third === DOUBLE_QUOTE) return this.#quoted(QUOTED, from + 3, DOUBLE_QUOTE, false)
    }
    return this.#word(from)
  }

  #word(from: number): TokenKind {
    const { text } = this
    const { length } = text
    let hash = 0
    let at = from
    for (; at < length; at++) {
      const code = text.charCodeAt(at)
      if (code < 128 && IN_WORD[code] === 0) break
      hash = hashStep(hash, code)
    }
    this.keyword = at - from <= LONGEST_KEYWORD ? findKeyword(text, from, at, hash) : 0
    return this.#token(WORD, at)
  }

  /** From behind the opening quote. A doubled quote is one character; strings go on after white space with a newline. */
  #quoted(kind: TokenKind, from: number, quote: number, hasBackslashes: boolean): TokenKind {
    const { text } = this
    const { length } = text
    for (let at = from; at < length; at++) {
      const code = text.charCodeAt(at)
      if (code === BACKSLASH && hasBackslashes) at++
      else if (code === quote) {
        if (text.charCodeAt(at + 1) === quote) at++
        else {
          const goesOn = kind === STRING ? this.#continuation(at + 1) : -1
          if (goesOn < 0) return this.#token(kind, at + 1)
          at = goesOn
        }
      }
    }
    return this.#token(BAD, length)
  }

  /** Where the opening quote of a continued string stands, or -1. Comments between are allowed, as `--` only. */
  #continuation(from: number): number {
    const { text } = this
    let hasNewline = false
    let at = from
    for (;;) {
      const code = text.charCodeAt(at)
      if (code === NEWLINE || code === RETURN) hasNewline = true
      if (code === MINUS && text.charCodeAt(at + 1) === MINUS && hasNewline) at = this.#endOfLine(at + 2)
      else if (code < 128 && CLASS[code] === SPACE) at++
      else return code === QUOTE && hasNewline ? at : -1
    }
  }

  /** `$1`, `$tag$…$tag$`, or a dollar that is nothing. */
  #dollar(from: number): TokenKind {
    const { text } = this
    let at = from + 1
    if (classOf(text.charCodeAt(at)) === DIGIT) {
      while (at < text.length && classOf(text.charCodeAt(at)) === DIGIT) at++
      return this.#token(PARAMETER, at)
    }
    while (at < text.length) {
      const kind = classOf(text.charCodeAt(at))
      if (kind !== LETTER && !(kind === DIGIT && at > from + 1)) break
      at++
    }
    if (text.charCodeAt(at) !== DOLLAR) return this.#token(OPERATOR, from + 1)
    const tag = text.slice(from, at + 1)
    const close = text.indexOf(tag, at + 1)
    return close < 0 ? this.#token(BAD, text.length) : this.#token(STRING, close + tag.length)
  }

  #punctuation(from: number, code: number): TokenKind {
    const { text } = this
    const second = text.charCodeAt(from + 1)
    if (code === DOT) {
      if (second === DOT) return this.#mark(code, from + 2)
      if (classOf(second) === DIGIT) return this.#token(NUMBER, this.#endOfNumber(from))
    }
    if (code === COLON && (second === COLON || second === EQUALS)) return this.#mark(code, from + 2)
    return this.#mark(code, from + 1)
  }

  #mark(code: number, end: number): TokenKind {
    this.code = code
    return this.#token(PUNCTUATION, end)
  }

  /** Digits, one dot (but not two), an exponent, and whatever letters cling to them: `0xFF`, `1_000`, `1e-5`. */
  #endOfNumber(from: number): number {
    const { text } = this
    let at = from
    let hasDot = false
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at)
      const kind = classOf(code)
      if (code === DOT && !hasDot && text.charCodeAt(at + 1) !== DOT) hasDot = true
      else if ((code | 32) === 101 && at > from && isExponent(text, at)) at++
      else if (kind !== DIGIT && kind !== LETTER) break
    }
    return at
  }

  /** As long as it goes, but a comment ends it; a final `+` or `-` belongs to what follows, as a rule. */
  #endOfOperator(from: number): number {
    const { text } = this
    let at = from
    let isSpecial = false
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at)
      if (code >= 128 || CLASS[code] !== OPERATOR_CHAR) break
      const second = text.charCodeAt(at + 1)
      if (at > from && ((code === MINUS && second === MINUS) || (code === SLASH && second === STAR))) break
      if (SPECIAL.has(code)) isSpecial = true
    }
    if (isSpecial) return at
    while (at - from > 1 && (text.charCodeAt(at - 1) === 43 || text.charCodeAt(at - 1) === MINUS)) at--
    return at
  }
}

/** `e+`, `e-` or `e` before a digit. */
function isExponent(text: string, at: number): boolean {
  const second = text.charCodeAt(at + 1)
  return (second === 43 || second === MINUS) && classOf(text.charCodeAt(at + 2)) === DIGIT
}

/** An operator that has one of these may end in `+` or `-`. */
const SPECIAL: ReadonlySet<number> = new Set([...'~!@#%^&|`?'].map((char) => char.charCodeAt(0)))
