import { Scanner } from './scanner.js'
import * as t from './tokens.js'

/** Longer texts are told apart by their first part and a hash of the rest. */
const LONGEST = 2000

/**
 * A statement without its values: equal for texts that differ only in literals, in the number of values in a list, in
 * comments, in the case of words, and in white space. No value is in it, so it is safe to log.
 */
export function fingerprint(text: string): string {
  const scanner = new Scanner(text)
  let print = ''
  let hash = 0
  let isInList = false
  for (let token = scanner.next(); token !== t.END && token !== t.BAD; token = scanner.next()) {
    if (isInList && token === t.COMMA && isValue(scanner.fork().next())) {
      scanner.next()
      continue
    }
    isInList = isValue(token)
    const part = isInList ? '?' : spelt(text.slice(scanner.start, scanner.end), token)
    if (print.length + part.length < LONGEST) print += print === '' ? part : ` ${part}`
    else for (let at = 0; at < part.length; at++) hash = (Math.imul(hash, 31) + part.charCodeAt(at)) | 0
  }
  return hash === 0 ? print : `${print} #${(hash >>> 0).toString(16)}`
}

function isValue(token: number): boolean {
  return token === t.STRING || token === t.NUMBER || token === t.PARAMETER
}

function spelt(part: string, token: number): string {
  return token === t.QUOTED_IDENTIFIER || token === t.UNICODE_IDENTIFIER ? part : part.toLowerCase()
}
