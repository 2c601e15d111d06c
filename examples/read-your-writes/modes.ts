import type { PoolOptions } from '../../src/pg.js'

/** How reads are routed. The reader of the page chooses. */
export const MODES = ['timer', 'eventual', 'session'] as const

export type Mode = (typeof MODES)[number]

/** How far replicas are behind, in milliseconds. The reader of the page chooses. */
export const LAGS = [0, 50, 500, 2000] as const

export type LagMs = (typeof LAGS)[number]

/** How long reads stay on the primary after a write, in the mode `timer`. */
export const TIMER_MS = 1000

/** What makes a mode: options of the pool, and nothing else. */
export const OPTIONS: Readonly<Record<Mode, PoolOptions>> = {
  timer: { consistency: 'eventual', sticky: { ttlMs: TIMER_MS } },
  eventual: { consistency: 'eventual' },
  session: { consistency: 'session' },
}

export const HELP: Readonly<Record<Mode, string>> = {
  timer: `For ${TIMER_MS / 1000} s after your write you read on the primary, then on any replica, wherever it stands.`,
  eventual: 'You read on any replica, wherever it stands.',
  session: 'You read on any replica that shows what you wrote and saw, else on the primary. The default of Sluice.',
}
