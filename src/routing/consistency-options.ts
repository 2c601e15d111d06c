import type { ClusterConfig, NodeConfig } from '../model/config.js'
import type { Consistency, ConsistencyScope } from '../model/consistency.js'
import { isConsistency } from './consistency-level.js'
import { didYouMean } from './edit-distance.js'
import type { Options } from './nodes.js'
import { LONGEST_MS, type Problems } from './problems.js'

const SCOPES = ['session', 'tables'] as const
const LEVELS = ['eventual', 'session', 'strong'] as const
/** Several times what a replica on the same network lags as a rule, and less than anybody notices. */
const DEFAULT_WAIT_MS = 20

type ConsistencyConfig = Pick<ClusterConfig, 'consistency' | 'consistencyScope' | 'waitMs' | 'whenBehind' | 'stickyMs'>

/** What reads may miss, and what is done about it. */
export function readConsistency(given: Options, nodes: readonly NodeConfig[], problems: Problems): ConsistencyConfig {
  return {
    consistency: readLevel(given['consistency'], problems) ?? 'session',
    consistencyScope: readScope(given['consistencyScope'], nodes, problems) ?? 'session',
    waitMs: problems.number('waitMs', given['waitMs'], { least: 0, most: LONGEST_MS }) ?? DEFAULT_WAIT_MS,
    whenBehind: readWhenBehind(given['whenBehind'], problems) ?? 'primary',
    stickyMs: readSticky(given['sticky'], problems),
  }
}

function readLevel(value: unknown, problems: Problems): Consistency | undefined {
  if (value === undefined || isConsistency(value)) return value
  const meant = typeof value === 'string' ? didYouMean(value, LEVELS) : undefined
  const hint = meant === undefined ? '' : `; did you mean ${meant}?`
  const rule = `must be ${LEVELS.join(', ')}, or { maxLagMs, maxLagBytes } with numbers above 0`
  return problems.add('consistency', `${rule}${hint}`, value)
}

/** The catalogue that tells tables apart is that of one primary. */
function readScope(value: unknown, nodes: readonly NodeConfig[], problems: Problems): ConsistencyScope | undefined {
  const scope = problems.oneOf('consistencyScope', value, SCOPES)
  const shards = new Set(nodes.map((node) => node.shard))
  if (scope !== 'tables' || shards.size < 2) return scope
  return problems.add('consistencyScope', 'must be session where there are several shards', scope)
}

function readWhenBehind(value: unknown, problems: Problems): 'primary' | 'fail' | undefined {
  if (value === undefined || value === 'primary' || value === 'fail') return value
  return problems.add('whenBehind', 'must be primary or fail', value)
}

function readSticky(value: unknown, problems: Problems): number | undefined {
  if (value === undefined || value === false) return undefined
  if (typeof value !== 'object' || value === null) {
    return problems.add('sticky', 'must be false or { ttlMs }', value)
  }
  const given = problems.record('sticky', value, ['ttlMs'])
  if (given === undefined) return undefined
  if (given['ttlMs'] === undefined) return problems.add('sticky.ttlMs', 'must be given, in milliseconds', undefined)
  return problems.number('sticky.ttlMs', given['ttlMs'], { least: 1, most: LONGEST_MS })
}
