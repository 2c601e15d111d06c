import type { LagMs, Mode } from './modes.js'
import type { Saved, Shown } from './notes.js'

/** All that the page says, as JSON too. */
export interface View extends Shown {
  readonly mode: Mode
  readonly lagMs: LagMs
  /** What its reader saved before; `undefined`: they do not say. */
  readonly saved: Saved | undefined
  /** `unknown`: there is no save to compare with. */
  readonly verdict: 'fresh' | 'stale' | 'unknown'
}

export function viewOf(shown: Shown, mode: Mode, lagMs: LagMs, saved: Saved | undefined): View {
  if (saved === undefined) return { mode, lagMs, verdict: 'unknown', saved, ...shown }
  return { mode, lagMs, verdict: shown.version < saved.version ? 'stale' : 'fresh', saved, ...shown }
}
