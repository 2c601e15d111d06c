import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** The size of a file of the write-ahead log. A small copy is a fast copy. */
export const SEGMENT_MB = 1

/** Where `pg_control` says at which position the last checkpoint is. Bytes. */
const LAST_CHECKPOINT = 32

/** Of a cleanly stopped data directory, removes the segments of the log that have been set aside for later use. */
export function removeSpareSegments(dataDir: string): void {
  const position = readFileSync(join(dataDir, 'global', 'pg_control')).readBigUInt64LE(LAST_CHECKPOINT)
  // The checkpoint itself may reach into the next one.
  const lastUsed = position / BigInt(SEGMENT_MB << 20) + 1n
  const folder = join(dataDir, 'pg_wal')
  for (const name of readdirSync(folder)) if (isBehind(name, lastUsed)) rmSync(join(folder, name))
}

/** A segment's name: its timeline, and its number in two parts, of which the second counts up to 4 GB. */
function isBehind(name: string, last: bigint): boolean {
  if (!/^[0-9A-F]{24}$/.test(name)) return false
  const [high, low] = [BigInt(`0x${name.slice(8, 16)}`), BigInt(`0x${name.slice(16)}`)]
  return high * BigInt(4096 / SEGMENT_MB) + low > last
}
