import { BAD, END, NUMBER, PARAMETER, QUOTED, Scanner, STRING } from './scanner.js'

/**
 * A statement without its values: equal for texts that differ only in literals, comments, case of words and white
 * space. Lists of values count as one. Safe to log: no value is in it.
 */
export function fingerprint(text: string): string {
  const scanner = new Scanner(text)
  const parts: string[] = []
  for (scanner.next(); scanner.kind !== END && scanner.kind !== BAD; scanner.next()) {
    if (scanner.kind === STRING || scanner.kind === NUMBER || scanner.kind === PARAMETER) addValue(parts)
    else {
      const token = text.slice(scanner.start, scanner.end)
      parts.push(scanner.kind === QUOTED ? token : token.toLowerCase())
    }
  }
  return parts.join(' ')
}

/** `?, ?` becomes `?`. */
function addValue(parts: string[]): void {
  if (parts.at(-1) === ',' && parts.at(-2) === '?') parts.pop()
  else parts.push('?')
}
