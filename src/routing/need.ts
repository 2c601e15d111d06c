import type { Classification, Hint } from '../model/intent.js'
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

const READ: Need = { to: 'replica', node: undefined, reason: 'read' }
const WRITE: Need = { to: 'primary', node: undefined, reason: 'write' }
const SESSION_STATE: Need = { to: 'replica', node: undefined, reason: 'session-state' }
const SESSION_WROTE: Need = { to: 'primary', node: undefined, reason: 'session-wrote' }
const SESSION_PINNED: Need = { to: 'primary', node: undefined, reason: 'session-pinned' }
const CALL_PRIMARY: Need = { to: 'primary', node: undefined, reason: 'call' }
const CALL_REPLICA: Need = { to: 'replica', node: undefined, reason: 'call' }
const HINT_PRIMARY: Need = { to: 'primary', node: undefined, reason: 'hint' }
const HINT_REPLICA: Need = { to: 'replica', node: undefined, reason: 'hint' }

/** Who decides, in this order: the call, the hint in the text, the statement itself, the session. */
export function needOf(found: Classification, call: CallRoute | undefined, session: ReadsPinnedTo | undefined): Need {
  if (call !== undefined) return calledFor(call)
  if (found.hint !== undefined) return hintedAt(found.hint)
  if (found.route === 'primary') return WRITE
  if (session === undefined) return found.route === 'all' ? SESSION_STATE : READ
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

/** May run twice, or here after having failed there, without anybody being able to tell. */
export function isRepeatable(found: Classification): boolean {
  return found.intent === 'read' && found.effects.length === 0
}
