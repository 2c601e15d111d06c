import type { Bound, Consistency } from '../model/consistency.js'

const LEVELS: readonly unknown[] = ['eventual', 'session', 'strong']

/** Whether a value given by a program is one. */
export function isConsistency(value: unknown): value is Consistency {
  return LEVELS.includes(value) || isBound(value)
}

function isBound(value: unknown): value is Bound {
  if (typeof value !== 'object' || value === null) return false
  const { maxLagMs, maxLagBytes, ...others } = value as Record<string, unknown>
  const isLimit = (it: unknown) => it === undefined || (typeof it === 'number' && Number.isFinite(it) && it > 0)
  const hasOne = maxLagMs !== undefined || maxLagBytes !== undefined
  return hasOne && isLimit(maxLagMs) && isLimit(maxLagBytes) && Object.keys(others).length === 0
}
