/** A node as a topology describes it. */
export interface TopologyNode {
  /** A name, an address, or the folder of a Unix socket. */
  readonly host: string
  /** Default: the pool's, or 5432. */
  readonly port?: number
  /** What events and errors call it. Default: `host:port`. Unique; two of one name are a mistake. */
  readonly name?: string
  /** Default 1. See the node option of that name. */
  readonly weight?: number
  readonly zone?: string
  /**
   * An engine with a consensus names it as the primary. It beats all that we know of timelines, once the server itself says that
   * it is. Leave it out where it is only somebody's belief.
   */
  readonly isLeader?: boolean
  /** `false`: it shall not read, though it is a replica. Default true. */
  readonly takesReads?: boolean
}

/** What a topology found, and for how long it holds. */
export interface FoundTopology {
  readonly nodes: readonly TopologyNode[]
  /** Milliseconds after which to look again, if that is later than the topology's own rhythm: a TTL. */
  readonly validMs?: number
  /** No node at all is an answer too, beside those of the options. Default false: it is a mistake, and those known stay. */
  readonly mayBeNone?: boolean
}

/** What a topology may use while it looks. */
export interface Surroundings {
  /**
   * Rows of a question to the primary; where none is known, to any node that answers. On a connection of our own.
   *
   * @throws {Error} no node answers, or the server's own error.
   */
  ask(text: string): Promise<readonly Readonly<Record<string, unknown>>[]>
  /** The same of a server that is none of the cluster's, such as a monitor. Its connection is kept. */
  askAt(url: string, text: string): Promise<readonly Readonly<Record<string, unknown>>[]>
  /** Ends with the pool, and when it takes too long. */
  readonly signal: AbortSignal
}

/** Tells which nodes there are. They come and go while the pool runs; each is asked itself what it is. */
export interface Topology {
  /** For events and errors. */
  readonly name: string
  /** The same in every process: part of the cluster's default id, and so of its tokens. */
  readonly id: string
  /** How often it looks, in milliseconds. While a primary is searched it looks as often as it can. */
  readonly everyMs: number
  /** All nodes of the cluster, now. One that is not among them any more takes no new work, and goes when it has finished. */
  find(surroundings: Surroundings): Promise<readonly TopologyNode[] | FoundTopology>
}

/** A topology of one's own: one function, asked every second. */
export type FindNodes = Topology['find']
