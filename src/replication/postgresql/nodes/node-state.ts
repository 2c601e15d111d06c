import type { ControlFile } from './control-file.js'
import type { OwnFiles } from './own-files.js'

/** What was seen of a node at one moment. */
export type NodeState =
  /** Its host does not answer. */
  | { readonly is: 'out-of-reach'; readonly why: string; readonly hint?: string | undefined }
  /** It has no data directory. */
  | { readonly is: 'absent' }
  | Stopped
  /** Its server runs, and does not answer us. */
  | (Existing & { readonly is: 'silent'; readonly why: string })
  | RunningPrimary
  | RunningStandby

interface Existing {
  readonly control: ControlFile
  readonly files: OwnFiles
}

export interface Stopped extends Existing {
  readonly is: 'stopped'
  /** Started, it follows somebody. */
  readonly isStandby: boolean
}

interface Running extends Existing {
  readonly timeline: number
  /** `15.18`. */
  readonly version: string
  /** Connections of applications. */
  readonly clients: number
  /** What it runs with, of what only a restart changes, and a little more. */
  readonly settings: Readonly<Record<string, string>>
}

export interface RunningPrimary extends Running {
  readonly is: 'primary'
  /** Where it writes next. */
  readonly position: bigint
  readonly senders: readonly Sender[]
  readonly databases: readonly string[]
  /** Those that may log in. */
  readonly roles: readonly string[]
  readonly slots: readonly Slot[]
}

export interface RunningStandby extends Running {
  readonly is: 'standby'
  /** Up to where it has the history on disk. */
  readonly received: bigint
  /** Up to where it shows it. */
  readonly replayed: bigint
  readonly isPaused: boolean
  /** Milliseconds since the last commit that it shows was made. `undefined`: it has shown none since it started. */
  readonly lastCommitAgeMs: number | undefined
  /** `undefined`: it receives from nobody. */
  readonly receiver: Receiver | undefined
  /** Slots that it has from a time as a primary, which serve nobody. */
  readonly slots: readonly Slot[]
}

export interface Sender {
  /** The standby's name, as it gives it. */
  readonly name: string
  /** `streaming`, `catchup`, … @see https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-REPLICATION-VIEW */
  readonly state: string
  /** `async`, `sync`, `quorum`, `potential`. */
  readonly sync: string
}

export interface Slot {
  readonly name: string
  readonly isActive: boolean
  /** `reserved`, `extended`, `unreserved`, `lost`; `undefined`: it holds nothing yet. */
  readonly status: string | undefined
  /** WAL that is kept for it. */
  readonly keptBytes: number
}

export interface Receiver {
  /** As it was told where to go. */
  readonly host: string
  readonly port: number
  readonly isStreaming: boolean
  /** The end of the primary's history as far as this standby was told. */
  readonly told: bigint
  /** Milliseconds since it heard of its primary. */
  readonly silentMs: number
}

/** Everything seen at about the same time, by name. */
export type ClusterState = ReadonlyMap<string, NodeState>

export function isRunning(state: NodeState): state is RunningPrimary | RunningStandby {
  return state.is === 'primary' || state.is === 'standby'
}

export function hasData(state: NodeState): state is Exclude<NodeState, { is: 'absent' | 'out-of-reach' }> {
  return state.is !== 'absent' && state.is !== 'out-of-reach'
}
