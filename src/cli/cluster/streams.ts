/** Where a command writes. Handed in, so that a test needs no process. */
export interface Streams {
  /** Results. */
  readonly out: { write(text: string): unknown }
  /** Plans, progress and what went wrong. */
  readonly err: { write(text: string): unknown; readonly isTTY?: boolean | undefined }
}

/** 0: done. 1: a step failed, or was refused. 3: degraded. 4: down. 2 is for a wrong command line. */
export type ExitCode = 0 | 1 | 3 | 4

export const PROCESS_STREAMS: Streams = { out: process.stdout, err: process.stderr }

/** One JSON object on a line. Numbers beyond a JavaScript number's are text. */
export function json(value: unknown): string {
  return `${JSON.stringify(value, (_key, it) => (typeof it === 'bigint' ? String(it) : it))}\n`
}
