import type { Consistency } from '../model/consistency.js'
import type { Classification, Effect, Hint } from '../model/intent.js'
import type { RouteReason } from '../model/route.js'

/** What a statement needs of a node, and why. */
export interface Need {
  readonly to: 'replica' | 'primary' | 'node'
  /** Only with `to: 'node'`. */
  readonly node: string | undefined
  readonly reason: RouteReason
}

/** Where a session's reads must go: its own pins and its own late writes. */
export interface ReadsPinnedTo {
  readonly to: 'primary' | { readonly node: string }
  readonly because: 'wrote' | 'pinned'
}

/** Where the caller wants one statement to run. It beats everything else. */
export type CallRoute = 'primary' | 'replica' | { readonly node: string }

/** What a view of a pool wants of all its statements. A reader's are reads, whatever they look like, of their session. */
export type ViewRoute = 'primary' | 'reader'

const READ: Need = { to: 'replica', node: undefined, reason: 'read' }
const WRITE: Need = { to: 'primary', node: undefined, reason: 'write' }
const SESSION_STATE: Need = { to: 'replica', node: undefined, reason: 'session-state' }
const SESSION_WROTE: Need = { to: 'primary', node: undefined, reason: 'session-wrote' }
const SESSION_PINNED: Need = { to: 'primary', node: undefined, reason: 'session-pinned' }
const STRONG: Need = { to: 'primary', node: undefined, reason: 'strong' }
const CALL_PRIMARY: Need = { to: 'primary', node: undefined, reason: 'call' }
const CALL_REPLICA: Need = { to: 'replica', node: undefined, reason: 'call' }
const HINT_PRIMARY: Need = { to: 'primary', node: undefined, reason: 'hint' }
const HINT_REPLICA: Need = { to: 'replica', node: undefined, reason: 'hint' }

/** Who decides, in this order: the call, the hint in the text, the statement itself, the session, the level. */
export function needOf(
  found: Classification,
  call: CallRoute | ViewRoute | undefined,
  session: ReadsPinnedTo | undefined,
  level: Consistency,
): Need {
  if (call !== undefined && call !== 'reader') return calledFor(call)
  if (found.hint !== undefined) return hintedAt(found.hint)
  if (found.route === 'primary' && call !== 'reader') return WRITE
  if (session === undefined) {
    if (found.route === 'all') return SESSION_STATE
    if (level === 'strong') return STRONG
    return call === 'reader' ? CALL_REPLICA : READ
  }
  if (session.to !== 'primary') return { to: 'node', node: session.to.node, reason: 'session-pinned' }
  return session.because === 'wrote' ? SESSION_WROTE : SESSION_PINNED
}

function calledFor(call: CallRoute): Need {
  if (call === 'primary') return CALL_PRIMARY
  return call === 'replica' ? CALL_REPLICA : { to: 'node', node: call.node, reason: 'call' }
}

function hintedAt(hint: Hint): Need {
  if (hint.to === 'node') return { to: 'node', node: hint.node, reason: 'hint' }
  return hint.to === 'primary' ? HINT_PRIMARY : HINT_REPLICA
}

/**
 * What this read may miss. A route or a hint that names a replica, or a node, takes it as it is, unless the call says what
 * it must see.
 */
export function levelOf(
  need: Need,
  call: Consistency | undefined,
  isReader: boolean,
  session: Consistency | undefined,
  pool: Consistency,
): Consistency {
  if (call !== undefined) return call
  const isNamed = need.reason === 'hint' || (need.reason === 'call' && !isReader)
  if (isNamed && need.to !== 'primary') return 'eventual'
  return session ?? pool
}

/** Whether it may show data, or change some: not what only speaks to its session. */
export function touchesData({ intent, effects, relations, functions }: Classification): boolean {
  return intent !== 'session' || relations.length > 0 || functions.length > 0 || runsKept(effects)
}

/** Whether it may change data; of a statement that was kept, nobody here knows. */
export function mayWrite({ intent, effects }: Classification): boolean {
  return intent === 'write' || runsKept(effects)
}

function runsKept(effects: readonly Effect[]): boolean {
  return effects.length > 0 && effects.some((it) => it.kind === 'runs-kept')
}

/**
 * May run twice, or here after having failed there, without anybody being able to tell. What a setting sets is gone with
 * its connection.
 */
export function isRepeatable({ intent, route, effects, functions }: Classification): boolean {
  if (intent === 'read' && effects.length === 0) return true
  if (route !== 'all' || effects.length === 0 || functions.length > 0) return false
  return effects.every(({ kind }) => kind === 'set' || kind === 'reset')
}
