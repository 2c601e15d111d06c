import { endianness } from 'node:os'

/** Zeros behind the text, so that a look ahead needs no test for the end. */
const PADDING = 4
/** Texts up to this length are read from memory that is always there. */
const LONGEST_SHARED = 32_768
/** Below this, copying unit by unit is faster than asking for it. */
const SHORTEST_BULK = 24

const bytes = Buffer.from(new ArrayBuffer((LONGEST_SHARED + PADDING) * 2))
const shared = new Uint16Array(bytes.buffer)
const canCopyInBulk = endianness() === 'LE'

/** The UTF-16 units of a text as numbers, and zeros behind: reading them costs a third of what `charCodeAt` does. */
export function unitsOf(text: string): Uint16Array {
  const units = new Uint16Array(text.length + PADDING)
  copy(text, units, Buffer.from(units.buffer))
  return units
}

/** The same in scratch memory, good until the next call: only for work that is over before anything else begins. */
export function sharedUnitsOf(text: string): Uint16Array {
  const { length } = text
  if (length > LONGEST_SHARED) return unitsOf(text)
  copy(text, shared, bytes)
  shared.fill(0, length, length + PADDING)
  return shared
}

function copy(text: string, units: Uint16Array, asBytes: Buffer): void {
  if (text.length >= SHORTEST_BULK && canCopyInBulk) asBytes.write(text, 0, 'utf16le')
  else for (let at = 0; at < text.length; at++) units[at] = text.charCodeAt(at)
}
