import { randomBytes } from 'node:crypto'
import { closeSync, openSync, readdirSync, readFileSync, readSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { runningCrc32c } from './crc32c.js'

/** The first page of a segment of the write-ahead log names its cluster here. Bytes. */
const IN_SEGMENT = 24
const HAS_LONG_HEADER = 0x0002

/** What tells a cluster from every other one: the second it was made, and chance, as PostgreSQL does it. */
export function newSystemIdentifier(nowMs: number): bigint {
  return (BigInt(Math.floor(nowMs / 1000)) << 32n) | BigInt(randomBytes(4).readUInt32LE())
}

/**
 * Gives a copy of a data directory the identity of a cluster of its own. Without this, two clusters made from one copy
 * would pass for one: a position in the history of one would seem to mean something in the other.
 *
 * The directory must have been shut down cleanly, and not been started since.
 */
export function changeSystemIdentifier(dataDir: string, identifier: bigint): void {
  const file = join(dataDir, 'global', 'pg_control')
  const control = readFileSync(file)
  const old = control.readBigUInt64LE(0)
  // Written in place: the file keeps its owner and its permissions.
  writeFileSync(file, withIdentifier(control, identifier), { flag: 'r+' })
  for (const name of readdirSync(join(dataDir, 'pg_wal')))
    if (/^[0-9A-F]{24}$/.test(name)) changeSegment(join(dataDir, 'pg_wal', name), old, identifier)
}

/** Segments kept for later use still have an older header, or none. */
function changeSegment(file: string, old: bigint, identifier: bigint): void {
  const fd = openSync(file, 'r+')
  try {
    const header = Buffer.alloc(IN_SEGMENT + 8)
    readSync(fd, header, 0, header.length, 0)
    if ((header.readUInt16LE(2) & HAS_LONG_HEADER) === 0 || header.readBigUInt64LE(IN_SEGMENT) !== old) return
    header.writeBigUInt64LE(identifier, IN_SEGMENT)
    writeSync(fd, header, 0, header.length, 0)
  } finally {
    closeSync(fd)
  }
}

/**
 * The bytes of `pg_control` with another identifier, which it begins with. Its length differs between versions, but it
 * always ends with its own checksum.
 */
export function withIdentifier(control: Buffer, identifier: bigint): Buffer {
  const length = checkedLength(control)
  const changed = Buffer.from(control)
  changed.writeBigUInt64LE(identifier, 0)
  changed.writeUInt32LE(checksumOf(changed, length), length)
  return changed
}

function checkedLength(control: Buffer): number {
  let length = 0
  for (const crc of runningCrc32c(control.subarray(0, 1024))) {
    // Nothing to speak of has been summed up before.
    if (length >= 64 && length % 4 === 0 && control.readUInt32LE(length) === crc) return length
    length++
  }
  throw new Error('pg_control does not end with its checksum')
}

function checksumOf(bytes: Buffer, length: number): number {
  let last = 0
  for (const crc of runningCrc32c(bytes.subarray(0, length))) last = crc
  return last
}
