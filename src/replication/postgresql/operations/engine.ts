/** What an engine, such as Patroni, says of a cluster that it runs, or shall run. */
export interface EngineState {
  /** Was the cluster handed over to it? */
  readonly isInCharge: boolean
  /** Nodes on which it runs. */
  readonly members: ReadonlySet<string>
  /** As its members agree on; `undefined`: on nobody. */
  readonly leader: string | undefined
  /** Those that have all that was acknowledged, as it has them now. Where there are any, only they may take over as planned. */
  readonly synchronous: ReadonlySet<string>
  /** Somebody told it to change nothing by itself. */
  readonly isPaused: boolean
}
