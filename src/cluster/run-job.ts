import { JobTooEarlyError } from '../base/errors.js'
import { type Session, sessionFrom } from './session.js'
import { isTime, kindOf, refuse } from './session-checks.js'
import type { SessionTokens } from './session-tokens.js'

/**
 * What a job does when no replica shows yet what it must see. `sticky`: waits, then reads on the primary. `delayed`:
 * waits, then fails once, so that the queue tries it again later, and reads on the primary if that was too early too.
 * `always`: reads on the primary without asking.
 */
export type JobConsistency = 'sticky' | 'delayed' | 'always'

/** The part of a pool that jobs need. Each pool of `sluice/pg` has it. */
export interface CatchesUp {
  caughtUp(session: Session, options?: { readonly waitMs?: number }): Promise<boolean>
}

export interface JobStart {
  /** The pool that the job reads from, or all of them. */
  readonly pool: CatchesUp | readonly CatchesUp[]
  /**
   * From `session.token()` where the job was enqueued; `undefined`: none came, and the job begins with nothing. One that
   * is not believed means that there may be a write that we know nothing of: the job sees what the primary shows.
   */
  readonly token?: string | undefined
  /** Needed to read a token. */
  readonly tokens?: SessionTokens
  /**
   * `primary`: the job sees at least what the primary shows when it begins. For a queue in the same database: what was
   * committed together with the job is there by then, and no token could have told where.
   */
  readonly mustSee?: 'primary'
  /** Default `sticky`. */
  readonly consistency?: JobConsistency
  /** How long to wait for a replica, in milliseconds; less where it would surely not do. Default 1500. */
  readonly waitMs?: number
  /** Which try this is, from 1. `delayed` needs it. */
  readonly attempt?: number
  /** The shard of all statements of the job that do not name one themselves. */
  readonly shard?: string
}

/** Where the reads of a job run: for its log. `primary`: for the whole of the job. */
export type JobReads = 'replicas' | 'primary'

/**
 * Runs a job in a session that must see what the session saw and wrote in which the job was enqueued.
 *
 * @throws {ConfigError} an option that is wrong.
 * @throws {JobTooEarlyError} `delayed`, at the first attempt: `fn` was not called. Let the queue try again.
 */
export async function runJob<T>(
  start: JobStart,
  fn: (session: Session, reads: JobReads) => T | Promise<T>,
): Promise<T> {
  checkStart(start)
  const { token, tokens, mustSee, shard } = start
  const session = sessionFrom(token, { tokens, mustSee, shard, refusedToken: 'see-primary', consistency: 'session' })
  try {
    const reads = await readsOf(session, start)
    if (reads === 'primary') session.pin('primary')
    return await session.run(async () => fn(session, reads))
  } finally {
    session.end()
  }
}

/** GitLab waits as long: most lag is over by then, and few workers are kept waiting for it. */
const DEFAULT_WAIT_MS = 1500

async function readsOf(session: Session, start: JobStart): Promise<JobReads> {
  const { pool, consistency = 'sticky', waitMs = DEFAULT_WAIT_MS, attempt = 1 } = start
  if (consistency === 'always') return 'primary'
  const pools: readonly CatchesUp[] = isList(pool) ? pool : [pool]
  const answers = await Promise.all(pools.map((it) => it.caughtUp(session, { waitMs })))
  if (answers.every(Boolean)) return 'replicas'
  if (consistency === 'delayed' && attempt === 1) {
    throw new JobTooEarlyError(`no replica shows yet what the job must see (waitMs ${waitMs}): try it again later`)
  }
  return 'primary'
}

function isList(pool: JobStart['pool']): pool is readonly CatchesUp[] {
  return Array.isArray(pool)
}

function checkStart({ consistency, waitMs, attempt }: JobStart): void {
  if (consistency !== undefined && !['sticky', 'delayed', 'always'].includes(consistency)) {
    refuse('consistency', "must be 'sticky', 'delayed' or 'always'", kindOf(consistency))
  }
  if (waitMs !== undefined && !isTime(waitMs)) refuse('waitMs', 'must be a number above 0', String(waitMs))
  if (attempt !== undefined && !(Number.isInteger(attempt) && attempt >= 1)) {
    refuse('attempt', 'must be a whole number from 1', String(attempt))
  }
  if (consistency === 'delayed' && attempt === undefined) refuse('attempt', "must be given for 'delayed'", 'none')
}
