/** Classes of characters. Those from `DOLLAR` on can go on with a word; those from `LETTER` on can begin one. */
export const OTHER = 0
export const SPACE = 1
export const OPERATOR_CHARACTER = 2
export const PUNCTUATION = 3
export const QUOTE = 4
export const DOUBLE_QUOTE = 5
export const DOLLAR = 6
export const DIGIT = 7
export const LETTER = 8
/** A letter that begins another token when a quote follows: `E'...'`, `B'...'`, `X'...'`, `U&'...'`. */
export const QUOTING_LETTER = 9

export const NEWLINE = 10
export const RETURN = 13
export const QUOTATION = 34
export const DOLLAR_SIGN = 36
export const AMPERSAND = 38
export const APOSTROPHE = 39
export const STAR = 42
export const PLUS = 43
export const MINUS = 45
export const POINT = 46
export const SLASH = 47
export const ZERO = 48
export const COLON = 58
export const EQUALS = 61
export const GREATER = 62
export const BACKSLASH = 92
export const UNDERSCORE = 95

/** The class of every UTF-16 unit. Beyond ASCII all are letters, as they are to the server. */
export const CLASSES: Uint8Array = classes()

/** A final `+` or `-` belongs to an operator only if that also has one of these, which SQL itself has no operator of. */
export const FREES_SIGN: Uint8Array = mark('~!@#^&|`?%')
export const HEXADECIMAL: Uint8Array = mark('0123456789abcdefABCDEF')

function classes(): Uint8Array {
  const table = new Uint8Array(65536).fill(LETTER, 128)
  const put = (characters: string, kind: number) => {
    for (const character of characters) table[character.charCodeAt(0)] = kind
  }
  put(' \t\n\r\f\v', SPACE)
  put('~!@#^&|`?+-*/%<>=', OPERATOR_CHARACTER)
  put('()[],;:.', PUNCTUATION)
  put('0123456789', DIGIT)
  put('acdfghijklmnopqrstvwyzACDFGHIJKLMNOPQRSTVWYZ_', LETTER)
  put('ebxuEBXU', QUOTING_LETTER)
  put("'", QUOTE)
  put('"', DOUBLE_QUOTE)
  put('$', DOLLAR)
  return table
}

function mark(characters: string): Uint8Array {
  const table = new Uint8Array(65536)
  for (const character of characters) table[character.charCodeAt(0)] = 1
  return table
}
