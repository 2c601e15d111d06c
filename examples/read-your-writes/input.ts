import type { IncomingMessage } from 'node:http'
import { LAGS, type LagMs, MODES, type Mode } from './modes.js'

export const MOST_CHARACTERS = 280
const MOST_BYTES = 16_384
const MOST_VERSION = 2 ** 31 - 1

/** What was sent cannot be used. Its message is for the sender. */
export class BadRequest extends Error {
  override readonly name = 'BadRequest'
  readonly status: number

  constructor(message: string, status = 400) {
    super(message)
    this.status = status
  }
}

/** Fields by name, as a query, a form or JSON brought them. */
export type Fields = Readonly<Record<string, unknown>>

/** @throws {BadRequest} too long, or no UTF-8. */
export async function bodyOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  let bytes = 0
  // To its end in any case: who still sends does not listen.
  for await (const piece of request as AsyncIterable<Buffer>) {
    bytes += piece.length
    if (bytes <= MOST_BYTES) pieces.push(piece)
  }
  if (bytes > MOST_BYTES) throw new BadRequest(`the body must not be longer than ${MOST_BYTES} bytes`, 413)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(pieces))
  } catch {
    throw new BadRequest('the body must be UTF-8')
  }
}

/** @throws {BadRequest} a field stands there twice. */
export function fieldsIn(params: URLSearchParams): Fields {
  const names = [...params.keys()]
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw new BadRequest('a field must not be given twice')
  return Object.fromEntries(params)
}

/** @throws {BadRequest} no object. */
export function jsonIn(text: string): Fields {
  const value = parsed(text)
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields
  throw new BadRequest('the body must be a JSON object')
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new BadRequest('the body must be JSON')
  }
}

export function modeIn({ mode = 'session' }: Fields): Mode {
  const found = MODES.find((it) => it === mode)
  if (found === undefined) throw new BadRequest(`mode must be one of ${MODES.join(', ')}`)
  return found
}

/** As a number in JSON, as text in a form. */
export function lagIn({ ms }: Fields): LagMs {
  const found = LAGS.find((it) => it === ms || String(it) === ms)
  if (found === undefined) throw new BadRequest(`ms must be one of ${LAGS.join(', ')}`)
  return found
}

/** @returns `undefined`: none was given. */
export function savedIn({ saved }: Fields): number | undefined {
  if (saved === undefined || saved === '') return undefined
  const version = typeof saved === 'string' && /^[1-9]\d{0,9}$/.test(saved) ? Number(saved) : Number.NaN
  if (version <= MOST_VERSION) return version
  throw new BadRequest('saved must be the number of a version')
}

/** Browsers send line ends of two characters and count one. PostgreSQL keeps no character 0. */
export function noteIn({ body }: Fields): string {
  const text = typeof body === 'string' ? body.replaceAll('\r\n', '\n').trim() : ''
  if (text !== '' && text.length <= MOST_CHARACTERS && !text.includes('\0')) return text
  throw new BadRequest(`body must be a text of 1 to ${MOST_CHARACTERS} characters, without the character 0`)
}
