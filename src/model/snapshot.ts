/** Which transactions of a primary had not ended for others yet, at one moment. */
export interface Snapshot {
  /** All from here on had not ended, or not begun. */
  readonly end: bigint
  /** Before it: those that had not ended. */
  readonly running: ReadonlySet<bigint>
}

export function isRunning(id: bigint, { end, running }: Snapshot): boolean {
  return id >= end || running.has(id)
}
