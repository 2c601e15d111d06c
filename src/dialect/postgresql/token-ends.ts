import * as c from './characters.js'

/*
 * Where tokens end, by PostgreSQL's scan.l. Over units that have zeros behind the text (see units.ts): a zero belongs to
 * no token, so most loops end there by themselves.
 */

/** The newline itself is white space. */
export function endOfLine(units: Uint16Array, from: number, length: number): number {
  let at = from
  while (at < length && units[at] !== c.NEWLINE && units[at] !== c.RETURN) at++
  return at
}

/** Comments nest. @returns -1 when it does not end. */
export function endOfComment(units: Uint16Array, from: number, length: number): number {
  let depth = 1
  for (let at = from; at < length; at++) {
    const unit = units[at]
    if (unit === c.STAR && units[at + 1] === c.SLASH) {
      at++
      if (--depth === 0) return at + 1
    } else if (unit === c.SLASH && units[at + 1] === c.STAR) {
      at++
      depth++
    }
  }
  return -1
}

/** How a string writes what is special in it: a quote as two, a backslash as an escape, or neither, as `B'...'` does. */
export const DOUBLED = 0
export const ESCAPED = 1
export const BITS = 2

/**
 * From behind the opening quote to behind the closing one. Parts that only white space with a newline separates are one
 * string.
 *
 * @returns -1 when it does not end.
 */
export function endOfString(units: Uint16Array, from: number, length: number, style: number): number {
  let at = from
  while (at < length) {
    const unit = units[at++]
    if (unit === c.BACKSLASH && style === ESCAPED) at++
    else if (unit === c.APOSTROPHE) {
      if (units[at] === c.APOSTROPHE && style !== BITS) {
        at++
        continue
      }
      const more = continuation(units, at, length)
      if (more < 0) return at
      at = more
    }
  }
  return -1
}

/** @returns behind the quote where the string goes on, after white space with a newline; -1 when it has ended. */
function continuation(units: Uint16Array, from: number, length: number): number {
  let hasNewline = false
  for (let at = from; at < length; at++) {
    const unit = units[at] as number
    if (unit === c.NEWLINE || unit === c.RETURN) hasNewline = true
    else if (unit === c.MINUS && units[at + 1] === c.MINUS) at = endOfLine(units, at + 2, length) - 1
    else if (unit === c.APOSTROPHE) return hasNewline ? at + 1 : -1
    else if (c.CLASSES[unit] !== c.SPACE) return -1
  }
  return -1
}

/** From behind the opening quote to behind the closing one. @returns -1 when it does not end. */
export function endOfIdentifier(units: Uint16Array, from: number, length: number): number {
  for (let at = from; at < length; at++) {
    if (units[at] !== c.QUOTATION) continue
    if (units[at + 1] !== c.QUOTATION) return at + 1
    at++
  }
  return -1
}

/** Of `$tag$`, from its first dollar: behind its second. @returns -1 when it is none. */
export function endOfDollarTag(units: Uint16Array, from: number): number {
  let at = from + 1
  if ((c.CLASSES[units[at] as number] as number) >= c.LETTER) {
    while ((c.CLASSES[units[at] as number] as number) >= c.DIGIT) at++
  }
  return units[at] === c.DOLLAR_SIGN ? at + 1 : -1
}

/** A row of operator characters, as long as it goes; but a comment ends it. */
export function endOfOperators(units: Uint16Array, from: number): number {
  let end = from + 1
  while (c.CLASSES[units[end] as number] === c.OPERATOR_CHARACTER && !beginsComment(units, end)) end++
  return end
}

/** Of such a row, what is one operator: as a rule, its last signs belong to what follows. */
export function endOfOperator(units: Uint16Array, from: number, rowEnd: number): number {
  let end = rowEnd
  while (end - from > 1 && (units[end - 1] === c.PLUS || units[end - 1] === c.MINUS)) end--
  return end < rowEnd && freesSigns(units, from, rowEnd) ? rowEnd : end
}

function freesSigns(units: Uint16Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (c.FREES_SIGN[units[at] as number] === 1) return true
  return false
}

export function beginsComment(units: Uint16Array, at: number): boolean {
  const unit = units[at]
  if (unit === c.MINUS) return units[at + 1] === c.MINUS
  return unit === c.SLASH && units[at + 1] === c.STAR
}

/** From a digit, or from a point before one. Of `1..2`, only `1`. */
export function endOfNumber(units: Uint16Array, from: number): number {
  if (units[from] === c.ZERO) {
    const end = endOfRadix(units, from)
    if (end > from) return end
  }
  let at = from
  while (isDigit(units, at)) at++
  if (units[at] === c.UNDERSCORE) at = endOfDigits(units, from)
  if (units[at] === c.POINT && (at === from || units[at + 1] !== c.POINT)) at = endOfDigits(units, at + 1)
  return endOfExponent(units, at)
}

/** `0x1F`, `0o17`, `0b11`, with underscores before digits. @returns `from` when it is none. */
function endOfRadix(units: Uint16Array, from: number): number {
  const letter = (units[from + 1] as number) | 0x20
  if (letter !== 0x78 && letter !== 0x6f && letter !== 0x62) return from
  const limit = letter === 0x6f ? c.ZERO + 8 : c.ZERO + 2
  let end = from
  for (let at = from + 2; ; at++) {
    const unit = units[units[at] === c.UNDERSCORE ? ++at : at] as number
    const isDigit = letter === 0x78 ? c.HEXADECIMAL[unit] === 1 : unit >= c.ZERO && unit < limit
    if (!isDigit) return end
    end = at + 1
  }
}

/** Underscores stand between digits. */
function endOfDigits(units: Uint16Array, from: number): number {
  let at = from
  for (;;) {
    if (isDigit(units, at)) at++
    else if (units[at] === c.UNDERSCORE && at > from && isDigit(units, at + 1)) at += 2
    else return at
  }
}

function endOfExponent(units: Uint16Array, from: number): number {
  if (((units[from] as number) | 0x20) !== 0x65) return from
  const sign = units[from + 1]
  const digits = sign === c.PLUS || sign === c.MINUS ? from + 2 : from + 1
  return isDigit(units, digits) ? endOfDigits(units, digits) : from
}

function isDigit(units: Uint16Array, at: number): boolean {
  return c.CLASSES[units[at] as number] === c.DIGIT
}
