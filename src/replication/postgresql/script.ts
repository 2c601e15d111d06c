/**
 * Who a script runs as. `login`: whoever we come in as. `root`: with `sudo` where that is not root. `server`: the user that
 * owns the server's files and may connect to it as its superuser.
 */
export type RunAs = 'login' | 'root' | 'server'

/** Something to do on a host. Shown to people by `--dry-run`: no secret stands in it. */
export interface Script {
  readonly as: RunAs
  /** For `bash`, which stops at the first command that fails. Values in it are quoted with `quoteShell`. */
  readonly text: string
  /** What it reads from its standard input: the way of secrets. */
  readonly input?: string
}

export interface RunOptions {
  /** Milliseconds until it is given up, and stopped where that is possible. Default 60 000. */
  readonly timeoutMs?: number
  /** Gives it up at once. */
  readonly signal?: AbortSignal
  /** Each line as it is said, for progress. */
  readonly onLine?: (line: string, from: 'stdout' | 'stderr') => void
}

export interface Output {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** A value as one word of a shell's command. */
export function quoteShell(value: string): string {
  return /^[\w@%+=:,./-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`
}
