import { Scanner } from './scanner.js'
import { BAD, DOT, END, QUOTED_IDENTIFIER, UNICODE_IDENTIFIER } from './tokens.js'

/** The server cuts longer identifiers off, in bytes. */
const LONGEST_IDENTIFIER = 63

const QUOTATION = 34
const POINT = 46

/**
 * The dotted name at this place of a text as the server's catalogue has it: `Sch . "My Table"` is `sch.My Table`.
 *
 * A name of three parts loses the first, the database. A quoted part that has a dot in it, or an escape, stays as it is
 * written: it then equals no name of a catalogue, which is the safe side.
 */
export function nameIn(text: string, start: number, end: number): string {
  return plainName(text, start, end) ?? foldParts(text.slice(start, end))
}

/** One or two parts of plain ASCII letters, each in quotes or not: nearly all names. */
function plainName(text: string, start: number, end: number): string | undefined {
  const middle = endOfPlainPart(text, start, end)
  if (middle < 0) return undefined
  const first = plainPart(text, start, middle)
  if (middle === end) return first
  if (text.charCodeAt(middle) !== POINT || endOfPlainPart(text, middle + 1, end) !== end) return undefined
  return `${first}.${plainPart(text, middle + 1, end)}`
}

function plainPart(text: string, start: number, end: number): string {
  const isQuoted = text.charCodeAt(start) === QUOTATION
  return isQuoted ? text.slice(start + 1, end - 1) : text.slice(start, end).toLowerCase()
}

/** @returns where the part ends; -1 when it is not plain. */
function endOfPlainPart(text: string, start: number, end: number): number {
  const isQuoted = text.charCodeAt(start) === QUOTATION
  let at = isQuoted ? start + 1 : start
  while (at < end && isPlain(text.charCodeAt(at))) at++
  if (at - start > LONGEST_IDENTIFIER || at === start) return -1
  if (!isQuoted) return at
  return text.charCodeAt(at) === QUOTATION ? at + 1 : -1
}

/** `A` to `Z`, `a` to `z`, digits, `_` and `$`. */
function isPlain(code: number): boolean {
  const lower = code | 0x20
  return (lower >= 97 && lower <= 122) || (code >= 48 && code <= 57) || code === 95 || code === 36
}

/** The last part of a name, without its schema. */
export function withoutSchema(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1)
}

function foldParts(raw: string): string {
  const scanner = new Scanner(raw)
  const parts: string[] = []
  for (let token = scanner.next(); token !== END && token !== BAD; token = scanner.next()) {
    if (token === DOT) continue
    const part = raw.slice(scanner.start, scanner.end)
    if (token === QUOTED_IDENTIFIER) parts.push(unquote(part))
    else if (token === UNICODE_IDENTIFIER) parts.push(unquoteUnicode(part))
    else parts.push(cut(foldCase(part)))
  }
  return parts.slice(-2).join('.')
}

function unquote(part: string): string {
  const name = part.slice(1, -1).replaceAll('""', '"')
  return name.includes('.') ? part : cut(name)
}

/** What `U&"..."` says depends on an UESCAPE that may follow: only names without a backslash are understood. */
function unquoteUnicode(part: string): string {
  return part.includes('\\') ? part : unquote(part.slice(2))
}

/** Only ASCII letters, as the server does with a multi-byte encoding. */
function foldCase(part: string): string {
  let folded = ''
  let from = 0
  for (let at = 0; at < part.length; at++) {
    const code = part.charCodeAt(at)
    if (code < 65 || code > 90) continue
    folded += part.slice(from, at) + String.fromCharCode(code + 32)
    from = at + 1
  }
  return folded + part.slice(from)
}

function cut(name: string): string {
  if (name.length * 3 <= LONGEST_IDENTIFIER) return name
  let bytes = 0
  for (let at = 0; at < name.length; ) {
    const point = name.codePointAt(at) as number
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4
    if (bytes > LONGEST_IDENTIFIER) return name.slice(0, at)
    at += point < 0x10000 ? 1 : 2
  }
  return name
}

/** What a plain string constant says; `undefined` for other spellings, whose meaning is not worth the trouble. */
export function plainString(text: string, start: number, end: number): string | undefined {
  const raw = text.slice(start, end)
  if (!raw.startsWith("'") || raw.includes('\\')) return undefined
  const inner = raw.slice(1, -1)
  return inner.replaceAll("''", '').includes("'") ? undefined : inner.replaceAll("''", "'")
}
