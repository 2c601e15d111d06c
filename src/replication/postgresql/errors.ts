import { ClusterError, type Outcome } from '../../base/errors.js'

/**
 * Where it failed. `not-reached`, `not-let-in`, `no-right`: nothing ran. `timed-out`, `aborted`, `lost`: it may have run to
 * its end, or to any point before.
 */
export type HostFailure = 'not-reached' | 'not-let-in' | 'no-right' | 'timed-out' | 'aborted' | 'lost'

const NOTHING_RAN: ReadonlySet<HostFailure> = new Set(['not-reached', 'not-let-in', 'no-right'])

export interface HostErrorOptions extends ErrorOptions {
  /** What to do, for people: commands where there are any. */
  readonly hint?: string
}

/** A script did not run on a host, or nobody can tell how it ended. */
export class HostError extends ClusterError {
  override readonly name = 'HostError'
  readonly code = 'ERR_HOST'
  readonly outcome: Outcome
  readonly host: string
  readonly failure: HostFailure
  readonly hint: string | undefined

  constructor(host: string, failure: HostFailure, what: string, options: HostErrorOptions = {}) {
    super(`${host}: ${what}`, options)
    this.outcome = NOTHING_RAN.has(failure) ? 'not-sent' : 'unknown'
    this.host = host
    this.failure = failure
    this.hint = options.hint
  }
}

/** Somebody else holds the lock. */
export class HostLockedError extends ClusterError {
  override readonly name = 'HostLockedError'
  readonly code = 'ERR_HOST_LOCKED'
  readonly outcome = 'not-sent'
  readonly host: string
  /** Who, since when, to do what: as they put it. */
  readonly holder: string

  constructor(host: string, holder: string) {
    super(`${host} is locked by ${holder}`)
    this.host = host
    this.holder = holder
  }
}

export interface OperationErrorOptions extends ErrorOptions {
  /** What to do, for people: commands where there are any. */
  readonly hint?: string
}

/** A step failed: of an operation on a cluster, or on one for tests. The message carries the end of a log, where there is one. */
export class OperationError extends ClusterError {
  override readonly name = 'OperationError'
  readonly code = 'ERR_OPERATION'
  readonly outcome = 'not-sent'
  readonly step: string
  readonly hint: string | undefined

  constructor(step: string, what: string, options: OperationErrorOptions = {}) {
    super(`${step}: ${what}`, options)
    this.step = step
    this.hint = options.hint
  }
}
