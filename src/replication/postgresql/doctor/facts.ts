/** What was seen of a cluster that is examined: of each node that was named, or why it could not be asked. */
export interface ClusterFacts {
  readonly nodes: readonly NodeFacts[]
  readonly silent: readonly { readonly node: string; readonly why: string }[]
}

/** One server. What its rights did not show is `undefined`. Times are seconds, sizes bytes. */
export interface NodeFacts {
  /** `db1:5432`. */
  readonly node: string
  readonly isStandby: boolean
  /** `server_version_num`: 150018. */
  readonly version: number
  readonly system: string
  readonly timeline: number
  /** Where a primary writes; up to where a standby shows. */
  readonly position: bigint
  /** Of a standby. */
  readonly isPaused: boolean
  /** Values as `pg_settings` has them, in their base units. */
  readonly settings: Readonly<Record<string, string>>
  readonly pendingRestart: readonly string[]
  readonly slots: readonly SlotFacts[]
  readonly senders: readonly SenderFacts[] | undefined
  /** `null`: there is none. */
  readonly receiver: ReceiverFacts | null | undefined
  readonly databases: readonly DatabaseFacts[]
  readonly hba: readonly HbaFacts[] | undefined
  /** Who asks. */
  readonly role: { readonly name: string; readonly isSuperuser: boolean }
  readonly archiver: { readonly isFailing: boolean; readonly lastFailed: string | null }
  readonly connections: number
  readonly oldestTransaction: { readonly seconds: number; readonly who: string } | undefined
  readonly oldestPrepared: { readonly seconds: number; readonly name: string } | undefined
  /** Unlogged tables in the database that was asked. */
  readonly unlogged: readonly string[]
  /** How far its clock is from ours, and how far that may be wrong. Milliseconds. */
  readonly clock: { readonly offsetMs: number; readonly errorMs: number }
  /** What could not be seen, and what lets it be seen. */
  readonly hidden: readonly string[]
}

export interface SlotFacts {
  readonly name: string
  readonly isPhysical: boolean
  readonly isActive: boolean
  /** `reserved`, `extended`, `unreserved`, `lost`. */
  readonly status: string | null
  readonly keptBytes: number
  /** It keeps rows from being removed. */
  readonly pinsRows: boolean
}

export interface SenderFacts {
  readonly name: string
  readonly role: string
  readonly isSuperuser: boolean
  readonly address: string | null
  readonly isEncrypted: boolean | null
  /** `async`, `potential`, `sync`, `quorum`. */
  readonly sync: string
}

export interface ReceiverFacts {
  readonly timeline: number
  readonly silentSeconds: number
}

export interface DatabaseFacts {
  readonly name: string
  /** Transactions since its oldest row was frozen. */
  readonly age: number
  readonly checksumFailures: number
  /** Queries that were cancelled on a standby. */
  readonly conflicts: number
}

export interface HbaFacts {
  readonly line: number
  readonly type: string
  readonly databases: readonly string[]
  readonly users: readonly string[]
  readonly address: string | null
  readonly method: string
}
