import { ClusterError } from '../base/errors.js'

/** A step on a test cluster failed. The message carries the end of the server's log, where there is one. */
export class OperationError extends ClusterError {
  override readonly name = 'OperationError'
  readonly code = 'ERR_OPERATION'
  readonly outcome = 'not-sent'
  readonly step: string

  constructor(step: string, what: string, options?: ErrorOptions) {
    super(`${step}: ${what}`, options)
    this.step = step
  }
}
