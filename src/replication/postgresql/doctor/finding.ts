import type { ClusterFacts } from './facts.js'

/** `critical`: data, or the service, is in danger now. `warning`: it will be, on a bad day. `advice`: worth knowing. */
export type Severity = 'critical' | 'warning' | 'advice'

/** One thing that is looked at. */
export interface Check {
  /** `slot-inactive`. */
  readonly id: string
  readonly severity: Severity
  /** What it looks at, in one line. */
  readonly looksAt: string
  readonly why: string
  readonly find: (cluster: ClusterFacts) => readonly Found[]
}

/** What a check found. */
export interface Found {
  /** `undefined`: it is about the cluster. */
  readonly node?: string
  /** What was measured. */
  readonly evidence: string
  /** The exact change: a statement, a setting, a command. */
  readonly change: string
}

export interface Finding extends Found {
  readonly check: string
  readonly severity: Severity
  readonly why: string
}

const ORDER: readonly Severity[] = ['critical', 'warning', 'advice']

/** The worst first. */
export function examine(cluster: ClusterFacts, checks: readonly Check[]): readonly Finding[] {
  const all = checks.flatMap(({ id, severity, why, find }) =>
    find(cluster).map((found): Finding => ({ check: id, severity, why, ...found })),
  )
  return all.sort((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity))
}
