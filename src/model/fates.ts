/** `open`: the server has not ended it yet; ask again. */
export type Fate = 'committed' | 'aborted' | 'open' | 'unknown'

/** How a dialect finds out what became of a transaction whose COMMIT was not answered. `Trace`: its own note of the transaction. */
export interface Fates<Trace = unknown> {
  /** Asked inside the transaction, before its COMMIT; one row, read by `traceOf`. */
  readonly traceQuery: string
  traceOf(row: unknown): Trace
  /** `undefined`: it has written nothing, and there was nothing to commit. Else: the values of `fateQuery`. */
  valuesOf(trace: Trace): readonly unknown[] | undefined
  /** Asked of the primary afterwards; one row, read by `fateOf`. */
  readonly fateQuery: string
  fateOf(trace: Trace, row: unknown): Fate
}
