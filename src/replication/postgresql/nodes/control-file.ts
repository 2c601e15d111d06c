/** What a data directory says of itself, also while no server runs. */
export interface ControlFile {
  /** 64 bits, in decimal. Two nodes with the same one have a history in common. */
  readonly systemIdentifier: string
  /** `shut-down`, by a primary: all that it wrote is on disk, and was sent to whoever streamed. */
  readonly state: 'shut-down' | 'shut-down-in-recovery' | 'in-production' | 'in-recovery' | 'other'
  /** Where the last checkpoint is. Of a server that shut down: the last thing it wrote. */
  readonly checkpoint: bigint
  /** Of that checkpoint. A promotion begins a new one. */
  readonly timeline: number
}

/** Bytes that hold all of it: their place has been the same from 14 to 18. */
export const CONTROL_BYTES = 64

/** The numbers of `DBState`. */
const STATES: Readonly<Record<number, ControlFile['state']>> = {
  1: 'shut-down',
  2: 'shut-down-in-recovery',
  4: 'in-recovery',
  5: 'in-recovery',
  6: 'in-production',
}

/**
 * Reads the beginning of `global/pg_control`. `pg_controldata` is not everywhere, and speaks the system's language.
 *
 * @throws {RangeError} it is shorter than `CONTROL_BYTES`.
 * @see https://github.com/postgres/postgres/blob/master/src/include/catalog/pg_control.h
 */
export function readControlFile(bytes: Buffer): ControlFile {
  return {
    systemIdentifier: String(bytes.readBigUInt64LE(0)),
    state: STATES[bytes.readUInt32LE(16)] ?? 'other',
    checkpoint: bytes.readBigUInt64LE(32),
    timeline: bytes.readUInt32LE(48),
  }
}
