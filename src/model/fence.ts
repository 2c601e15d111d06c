/**
 * Why a node that answers gets no statement: it belongs to another system than the cluster; it says that it is the primary on an
 * older timeline than the cluster is on; another node says the same on the same timeline, and nobody can tell which of them goes
 * on; the engine in charge names another.
 */
export type Fence = 'other-system' | 'older-timeline' | 'same-timeline' | 'engine-names-another'

/** What a server said of its history of writes. */
export interface Lineal {
  /** PostgreSQL's system identifier. */
  readonly system: string
  /** Grows with each promotion. */
  readonly timeline: number
  /** When the server process began, as it says. Of two nodes with the same one, both are one server. */
  readonly startedAt: string | undefined
}
