import { ChoiceOverError, ConnectionLostError, type Outcome, WrongRoleError } from '../../base/errors.js'
import type { Judgement } from '../../model/judgement.js'

const NOT_SENT = Symbol('not sent')

/** Notes that this error came before the statement was sent: while its connection was sought. */
export function markNotSent<E extends object>(error: E): E {
  if (Object.isExtensible(error)) Object.defineProperty(error, NOT_SENT, { value: true, configurable: true })
  return error
}

const UNDONE = Symbol('undone')

/** Notes that the server ended the session before it said that the statement was complete. */
export function markUndone(error: object): void {
  if (Object.isExtensible(error)) Object.defineProperty(error, UNDONE, { value: true, configurable: true })
}

/** Reads what `pg`, the socket or the server said. By code; by text only where `pg` gives nothing else. */
export function judgeError(error: unknown, judgeSqlState: (code: string) => Judgement | undefined): Judgement {
  if (error instanceof WrongRoleError) return { failure: 'refused-by-replica', outcome: 'not-sent' }
  if (error instanceof ChoiceOverError) return { failure: 'choice-over', outcome: 'not-sent' }
  if (error instanceof ConnectionLostError) return { failure: 'connection-lost', outcome: 'unknown' }
  if (!(error instanceof Error)) return { failure: 'statement', outcome: 'unknown' }
  const code = codeOf(error)
  if (NOT_SENT in error) return { failure: judgeConnecting(error, code, judgeSqlState), outcome: 'not-sent' }
  if (UNDONE in error) return { failure: 'connection-lost', outcome: 'refused' }
  if (isSqlState(code)) return judgeSqlState(code) ?? { failure: 'statement', outcome: 'refused' }
  if (code !== undefined && SOCKET_CODES.has(code)) return { failure: 'connection-lost', outcome: 'unknown' }
  if (LOST_TEXTS.has(error.message)) return { failure: 'connection-lost', outcome: 'unknown' }
  return { failure: 'statement', outcome: outcomeOfLocal(error) }
}

function judgeConnecting(
  error: Error,
  code: string | undefined,
  judgeSqlState: (code: string) => Judgement | undefined,
): Judgement['failure'] {
  if (error.message === POOL_EXHAUSTED) return 'pool-exhausted'
  const failure = isSqlState(code) ? judgeSqlState(code)?.failure : undefined
  if (failure === 'misconfigured' || failure === 'not-accepting') return failure
  return failure === 'connection-lost' ? 'not-accepting' : 'connect-failed'
}

/** A mistake in the call, such as a value that cannot be sent, is found before anything is written. */
function outcomeOfLocal(error: Error): Outcome {
  return error instanceof TypeError || error instanceof RangeError ? 'not-sent' : 'unknown'
}

/** @see https://github.com/brianc/node-postgres/blob/master/packages/pg-pool/index.js pinned by test/contract/pg-texts */
const POOL_EXHAUSTED = 'timeout exceeded when trying to connect'

/** What `pg` says, without a code, of a connection that is gone. Pinned by test/contract/pg-texts. */
const LOST_TEXTS: ReadonlySet<string> = new Set([
  'Connection terminated unexpectedly',
  'Connection terminated',
  'Client has encountered a connection error and is not queryable',
  'Client was closed and is not queryable',
  'Connection terminated due to connection timeout',
])

/** @see https://nodejs.org/api/errors.html#common-system-errors */
const SOCKET_CODES: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EADDRNOTAVAIL',
  'ENOENT',
  'ERR_STREAM_DESTROYED',
  'ERR_STREAM_WRITE_AFTER_END',
])

function codeOf(error: Error): string | undefined {
  const code = (error as { code?: unknown }).code
  return typeof code === 'string' ? code : undefined
}

/** Five characters of digits and capitals; a socket's `EPIPE` is one too, but never begins like a class of SQLSTATE. */
function isSqlState(code: string | undefined): code is string {
  return code !== undefined && code.length === 5 && !SOCKET_CODES.has(code)
}
