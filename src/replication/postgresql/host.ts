import type { Output, RunOptions, Script } from './script.js'

/**
 * One machine on which PostgreSQL runs, or is to run: this one, or one reached over SSH.
 *
 * It knows nothing of PostgreSQL. What is done there is a script for `bash`, the same on every kind of host, so that
 * `--dry-run` can show it and a person could type it.
 */
export interface Host {
  /** For people: `this machine`, `admin@db1`. */
  readonly name: string
  /**
   * Runs a script to its end. An exit code other than 0 is an answer, not an error.
   *
   * @throws {HostError} nobody can tell how the script ended, or whether it ran: unreachable, out of time, aborted.
   */
  run(script: Script, options?: RunOptions): Promise<Output>
  /**
   * Takes a lock that this process holds until it gives it back, ends, or loses the host: nothing is left to clean up.
   *
   * @param holder for people who meet it: who holds it, since when, to do what.
   * @throws {HostLockedError} naming the holder.
   */
  lock(path: string, holder: string): Promise<HostLock>
  /** Ends what it keeps open. May be called twice. */
  close(): Promise<void>
}

export interface HostLock {
  /**
   * Aborted when it is lost before it is released: somebody else may have it now, so whatever it was taken for has to stop.
   * `undefined`: it cannot be lost while this process lives.
   */
  readonly lost?: AbortSignal
  release(): Promise<void>
}
