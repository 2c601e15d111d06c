import { AsyncResource } from 'node:async_hooks'
import type { PgCall } from './call.js'

/** The parts of a cursor, a stream or a copy that we call. */
export interface Submittable {
  callback?: ((error: Error | undefined, result?: unknown) => void) | undefined
  handleError(error: Error, connection: unknown): void
}

/**
 * A stream speaks when its connection's socket does, which belongs to whoever opened the connection: perhaps another
 * request. Its listeners must run in the context of the call.
 */
export function bindEvents(submittable: { emit?: (...args: unknown[]) => boolean }): void {
  if (typeof submittable.emit !== 'function') return
  Object.defineProperty(submittable, 'emit', {
    value: AsyncResource.bind(submittable.emit),
    writable: true,
    configurable: true,
  })
}

/** `pg` hands a query its callback when it takes it; this one never got so far. */
export function tellFailure(call: PgCall, error: Error): void {
  const submittable = call.config as Submittable
  submittable.callback ??= call.callback
  submittable.handleError(error, undefined)
}
