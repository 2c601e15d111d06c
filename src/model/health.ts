/** May this node be given work? */
export type Health =
  | { readonly state: 'unknown' | 'up' | 'draining' }
  | { readonly state: 'down'; readonly sinceMs: number; readonly failures: number; readonly cause: Error }
  | { readonly state: 'probing'; readonly sinceMs: number; readonly failures: number; readonly cause: Error }

/** Every legal step. docs/health.md draws this table; test/unit/model/health.test.ts walks it. */
export const HEALTH_STEPS: Readonly<Record<Health['state'], readonly Health['state'][]>> = {
  unknown: ['up', 'down', 'draining'],
  up: ['down', 'draining'],
  down: ['probing', 'draining'],
  probing: ['up', 'down', 'draining'],
  draining: ['unknown'],
}

export function canStep(from: Health['state'], to: Health['state']): boolean {
  return HEALTH_STEPS[from].includes(to)
}

/** A node that has not been asked yet may be tried: that is how we learn. Only `up` and `unknown` take work. */
export function canServe(health: Health): boolean {
  return health.state === 'up' || health.state === 'unknown'
}
