import { AsyncResource } from 'node:async_hooks'
import type { Consistency } from '../../model/consistency.js'
import type { CallRoute } from '../../routing/need.js'

/** What `pg` calls back with. */
export type Callback = (error: Error | undefined, result?: unknown) => void

/** One call of `query`, in whichever of its shapes it came. */
export interface PgCall {
  /** The statement; empty when there is none to read, as for `query(null)`. */
  readonly text: string
  readonly config: unknown
  readonly values: unknown
  readonly callback: Callback | undefined
  /** A cursor, a stream, a copy: an object that talks to the connection itself. */
  readonly isSubmittable: boolean
  readonly route: CallRoute | undefined
  readonly shard: string | undefined
  readonly consistency: Consistency | undefined
  readonly isIdempotent: boolean
  /** As given: `idempotent`, or a mistake. */
  readonly retry: unknown
}

interface QueryLike {
  readonly text?: unknown
  readonly cursor?: { readonly text?: unknown }
  readonly submit?: unknown
  readonly route?: CallRoute
  readonly shard?: string
  readonly consistency?: Consistency
  readonly retry?: unknown
}

/**
 * Reads the arguments of `query(text | config | submittable, values?, callback?)`, as `pg` does.
 *
 * Each shape is written out: this runs for every statement, and to spread one object into another costs more than routing.
 */
export function readCall(config: unknown, values: unknown, callback: unknown): PgCall {
  const done = (typeof values === 'function' ? values : callback) as Callback | undefined
  const given = typeof values === 'function' ? undefined : values
  if (typeof config === 'string') return textCall(config, given, done)
  const query = (config ?? {}) as QueryLike
  const text = query.text ?? query.cursor?.text
  return {
    text: typeof text === 'string' ? text : '',
    config,
    values: given,
    callback: done,
    isSubmittable: typeof query.submit === 'function',
    route: query.route,
    shard: query.shard,
    consistency: query.consistency,
    isIdempotent: query.retry === 'idempotent',
    retry: query.retry,
  }
}

function textCall(text: string, values: unknown, callback: Callback | undefined): PgCall {
  return {
    text,
    config: text,
    values,
    callback,
    isSubmittable: false,
    route: undefined,
    shard: undefined,
    consistency: undefined,
    isIdempotent: false,
    retry: undefined,
  }
}

/** The values of a call, wherever they stand. */
export function valuesOf(call: PgCall): readonly unknown[] {
  const values = call.values ?? (call.config as { values?: unknown } | undefined)?.values
  return Array.isArray(values) ? values : []
}

/** Calls back later, in the context of the call: `pg` does the first, and forgets the second when it had to wait. */
export function callBackWith(result: Promise<unknown>, callback: Callback): void {
  const bound = AsyncResource.bind(callback)
  result.then(
    (value) => process.nextTick(bound, undefined, value),
    (error: Error) => process.nextTick(bound, error),
  )
}
