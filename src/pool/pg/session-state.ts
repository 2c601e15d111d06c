import type { Effect } from '../../model/intent.js'

/** A statement that gives another connection the same settings. */
export interface Setting {
  readonly config: unknown
  readonly values: unknown
}

/** State that lives on one connection and cannot be carried to another. */
export type Held =
  | 'temporary-object'
  | 'prepared-statement'
  | 'listen'
  | 'advisory-lock'
  | 'cursor'
  | 'connection-asked'
  | 'mixed-settings'
  | 'plans-discarded'
  | 'plans-unsure'

/** What a checked-out client has done to its session so far. Immutable; `afterStatement` makes the next one. */
export interface SessionState {
  /** In the order given; replayed on every connection that the client gets. */
  readonly settings: readonly Setting[]
  /** What `settings` was when the open transaction began: a rollback returns to it. */
  readonly settingsAtBegin: readonly Setting[] | undefined
  readonly held: ReadonlySet<Held>
  /** Names given to `PREPARE`, not yet deallocated. */
  readonly prepared: ReadonlySet<string>
}

export const FRESH: SessionState = {
  settings: [],
  settingsAtBegin: undefined,
  held: new Set(),
  prepared: new Set(),
}

/** The state after a statement with these effects has ended well. */
export function afterStatement(state: SessionState, effects: readonly Effect[], statement: Setting): SessionState {
  if (effects.length === 0) return state
  if (effects.every(isSetting)) return withSettings(state, effects, statement)
  return effects.reduce((before, effect) => afterEffect(before, effect), state)
}

/** What the statement did by the tags that came back: a failed transaction answers COMMIT with ROLLBACK. */
export function effectsAsTold(effects: readonly Effect[], tags: readonly (string | undefined)[]): readonly Effect[] {
  const isAsked = effects.some((it) => it.kind === 'rollback' || it.kind === 'rollback-to-savepoint')
  if (isAsked || !tags.includes('ROLLBACK')) return effects
  return effects.map((it) => (it.kind === 'commit' ? { kind: 'rollback', chain: it.chain } : it))
}

/** The command tags of a result, or of several. */
export function tagsOf(result: unknown): readonly (string | undefined)[] {
  return (Array.isArray(result) ? result : [result]).map((it) => (it as { command?: string } | undefined)?.command)
}

/**
 * The state after a statement with these effects has failed: perhaps only a later one of its text, or after the lock was
 * taken. What no rollback takes back may be there, and whatever of it is not can be undone all the same.
 */
export function afterFailedStatement(state: SessionState, effects: readonly Effect[]): SessionState {
  return effects.reduce((before, { kind }) => {
    if (kind === 'advisory-lock') return hold(before, 'advisory-lock')
    return kind === 'prepare' || kind === 'deallocate' ? hold(before, 'plans-unsure') : before
  }, state)
}

/** The state after its transaction has ended, seen from the connection's own status. */
export function afterTransaction(state: SessionState, outcome: 'committed' | 'rolled-back'): SessionState {
  if (state.settingsAtBegin === undefined) return state
  const settings = outcome === 'committed' ? state.settings : state.settingsAtBegin
  return { ...state, settings, settingsAtBegin: undefined }
}

function isSetting(effect: Effect): boolean {
  return effect.kind === 'set' || effect.kind === 'reset'
}

/** `RESET ALL` alone leaves nothing to replay. */
function withSettings(state: SessionState, effects: readonly Effect[], statement: Setting): SessionState {
  const isResetAll = effects.length === 1 && effects[0]?.kind === 'reset' && effects[0].name === undefined
  return { ...state, settings: isResetAll ? [] : [...state.settings, statement] }
}

function afterEffect(state: SessionState, effect: Effect): SessionState {
  switch (effect.kind) {
    case 'begin':
      return { ...state, settingsAtBegin: state.settingsAtBegin ?? state.settings }
    case 'commit':
      return chained(afterTransaction(state, 'committed'), effect.chain)
    case 'rollback':
      return chained(afterTransaction(state, 'rolled-back'), effect.chain)
    case 'set-transaction':
      return state
    // Settings inside a string with other statements, or undone by a savepoint, cannot be replayed one by one.
    case 'set':
    case 'reset':
      return hold(state, 'mixed-settings')
    case 'rollback-to-savepoint':
      return state.settings === state.settingsAtBegin ? state : hold(state, 'mixed-settings')
    case 'prepare':
      return { ...hold(state, 'prepared-statement'), prepared: new Set([...state.prepared, effect.name]) }
    case 'deallocate':
      return afterDeallocate(state, effect.name)
    case 'declare-cursor':
      return effect.hold ? hold(state, 'cursor') : state
    case 'listen':
      return hold(state, 'listen')
    case 'unlisten':
      return state
    case 'temporary-object':
      return hold(state, 'temporary-object')
    case 'advisory-lock':
      return hold(state, 'advisory-lock')
    case 'advisory-unlock':
      return state
    case 'discard':
      return afterDiscard(state, effect.what)
    case 'needs-connection':
      return hold(state, 'connection-asked')
    case 'signals-backend':
    case 'runs-kept':
      return state
    default:
      return effect satisfies never
  }
}

/** `AND CHAIN` begins the next transaction at once. */
function chained(state: SessionState, chain: boolean): SessionState {
  return chain ? { ...state, settingsAtBegin: state.settings } : state
}

function hold(state: SessionState, what: Held): SessionState {
  return state.held.has(what) ? state : { ...state, held: new Set([...state.held, what]) }
}

function afterDeallocate(state: SessionState, name: string | undefined): SessionState {
  // The driver's own named statements are gone too, and it does not know: the connection must not be used by others.
  if (name === undefined) return hold({ ...state, prepared: new Set() }, 'plans-discarded')
  return { ...state, prepared: new Set([...state.prepared].filter((it) => it !== name)) }
}

function afterDiscard(state: SessionState, what: 'all' | 'temp' | 'plans' | 'sequences'): SessionState {
  if (what === 'all') return hold({ ...state, settings: [], prepared: new Set() }, 'plans-discarded')
  return state
}
