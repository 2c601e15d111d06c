import type { Held, SessionState } from './session-state.js'

/** What a connection had set before any client touched it: by `onConnect`, or a listener of `connect`. */
export interface Baseline {
  readonly settings: readonly { readonly name: string; readonly value: string }[]
  /** `none`, or the role it had been given. */
  readonly role: string
}

/**
 * Reads a connection's baseline. What came with the startup message has the source `client` and is what `RESET`
 * returns to; only what was set later must be put back by name.
 */
export const BASELINE_QUERY = `select name, setting as value from pg_catalog.pg_settings where source = 'session'
union all select ' role', pg_catalog.current_setting('role')`

export function baselineOf(rows: readonly unknown[]): Baseline {
  const read = rows as readonly { name: string; value: string }[]
  return {
    settings: read.filter((it) => it.name !== ' role'),
    role: read.find((it) => it.name === ' role')?.value ?? 'none',
  }
}

/** How to give a connection back as it was found. */
export interface Undoing {
  /** Runs as one string; `undefined`: nothing to undo. */
  readonly text: string | undefined
  /** In words, for the event. */
  readonly what: readonly string[]
  /** The connection cannot be trusted again: close it instead. */
  readonly mustClose: boolean
}

/**
 * @param isInTransaction by the connection's own word.
 * @param baseline `undefined` when it could not be read before the first setting.
 */
export function undoing(state: SessionState, isInTransaction: boolean, baseline: Baseline | undefined): Undoing {
  const hasSettings = state.settings.length > 0 || state.held.has('mixed-settings')
  const steps: string[] = isInTransaction ? ['ROLLBACK'] : []
  const what: string[] = isInTransaction ? ['open transaction'] : []
  for (const held of state.held) {
    const step = UNDO[held]
    if (step !== undefined) steps.push(step)
    if (held !== 'connection-asked') what.push(held)
  }
  for (const name of state.prepared) steps.push(`DEALLOCATE ${quoteIdentifier(name)}`)
  if (hasSettings) {
    steps.push(...undoSettings(baseline))
    if (!state.held.has('mixed-settings')) what.push('settings')
  }
  const mustClose =
    state.held.has('plans-discarded') || state.held.has('plans-unsure') || (hasSettings && baseline === undefined)
  return { text: steps.length > 0 ? steps.join('; ') : undefined, what, mustClose }
}

const UNDO: Readonly<Partial<Record<Held, string>>> = {
  'temporary-object': 'DISCARD TEMP',
  listen: 'UNLISTEN *',
  'advisory-lock': 'SELECT pg_catalog.pg_advisory_unlock_all()',
  cursor: 'CLOSE ALL',
}

function undoSettings(baseline: Baseline | undefined): readonly string[] {
  const steps = ['RESET SESSION AUTHORIZATION', 'RESET ROLE', 'RESET ALL']
  for (const { name, value } of baseline?.settings ?? []) {
    steps.push(`SELECT pg_catalog.set_config(${quoteLiteral(name)}, ${quoteLiteral(value)}, false)`)
  }
  if (baseline !== undefined && baseline.role !== 'none') steps.push(`SET ROLE ${quoteIdentifier(baseline.role)}`)
  return steps
}

function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

function quoteLiteral(value: string): string {
  const doubled = value.replaceAll("'", "''")
  return doubled.includes('\\') ? `E'${doubled.replaceAll('\\', '\\\\')}'` : `'${doubled}'`
}
