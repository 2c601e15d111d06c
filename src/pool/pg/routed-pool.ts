import type pg from 'pg'
import type { ClusterStats } from '../../cluster/cluster.js'
import type { Session } from '../../cluster/session.js'
import type { Consistency } from '../../model/consistency.js'
import type { ClusterEvents } from '../../model/events.js'
import type { Route } from '../../model/route.js'
import type { View } from '../../model/view.js'
import type { CallRoute } from '../../routing/need.js'

/** What one call may say, beside what `pg` reads: `query({ text, values, route: 'primary' })`. */
export interface CallOptions {
  /** Where this statement runs. It beats everything else: the text, its hints, the session. */
  readonly route?: CallRoute
  /** What this read may miss. Default: what its session says, else the pool. */
  readonly consistency?: Consistency
  /**
   * `idempotent`: it may run twice without harm, such as an upsert by its own key. It is then sent again when its connection is
   * lost under way and nobody knows whether it happened, and waits for a primary like any write. Default: never.
   */
  readonly retry?: 'idempotent'
  /** Which part of the data is meant; default: the session's, else the pool's `defaultShard`. */
  readonly shard?: string
}

/** The forms of `query` that `pg` does not have. */
export interface RoutedCalls {
  query<Row extends unknown[]>(config: pg.QueryArrayConfig & CallOptions): Promise<pg.QueryArrayResult<Row>>
  query<Row extends pg.QueryResultRow = pg.QueryResultRow>(
    config: pg.QueryConfig & CallOptions,
  ): Promise<pg.QueryResult<Row>>
}

/** A checked-out client. It takes a connection only when a statement needs one. */
export type RoutedClient = pg.PoolClient & RoutedCalls

/** How `pool.transaction` runs its function. */
export interface TransactionOptions {
  /** Default: the server's, `read committed` as a rule. */
  readonly isolation?: 'read committed' | 'repeatable read' | 'serializable'
  /** It only reads, and may do so on a replica. Default false. */
  readonly readOnly?: boolean
  /** With `serializable` and `readOnly`: wait for a snapshot that cannot fail. Default false. */
  readonly deferrable?: boolean
  /**
   * Run the whole function again when nothing of it was committed and the reason may be gone: it lost to another transaction (40001,
   * 40P01), or its connection was lost before COMMIT was sent. `true`: up to 3 times more. Default false: whatever the function does
   * beside its statements would be done again too.
   *
   * It also finds out whether a transaction was committed whose COMMIT was not answered, at the price of one question more before
   * each COMMIT: committed, it returns; not committed, it runs again; only if nobody can tell, it fails with outcome `unknown`.
   */
  readonly retry?: boolean | { readonly most: number }
  /** Which part of the data is meant. Default: the session's, else the pool's `defaultShard`. */
  readonly shard?: string
}

/** What Sluice adds to a `pg.Pool`. */
export interface RoutedPool extends RoutedCalls {
  connect(): Promise<RoutedClient>
  /**
   * Runs the function in a transaction on one connection: commits when it returns, rolls back when it throws.
   *
   * @throws what the function throws, or COMMIT; `outcomeOf` says what is known of the transaction.
   */
  transaction<Result>(work: (client: RoutedClient) => Promise<Result>, options?: TransactionOptions): Promise<Result>
  /** A pool like this one whose statements all go to the primary, for code that wants to choose. */
  readonly writer: RoutedPool & pg.Pool
  /** A pool like this one whose statements all go to replicas, as long as one can serve. */
  readonly reader: RoutedPool & pg.Pool
  /** Where this text would go now, and why. Nothing is sent; `undefined`: no node could take it. */
  route(text: string): Route | undefined
  /**
   * Whether replicas show all that this session must see, in every shard, or will within `waitMs` (default: the pool's).
   * Answers sooner where waiting will surely not do. With no replica configured, the primary shows all: `true`.
   *
   * @throws {NoReplicaError} no node at all could be reached.
   * @throws {ClosedError} after `end()`.
   */
  caughtUp(session: Session, options?: { readonly waitMs?: number }): Promise<boolean>
  /**
   * Holds writes and new transactions from now on, and waits until those under way on the primary have finished: for a planned
   * switchover. Reads go on. What is held waits for no longer than `holdWritesMs`.
   *
   * @param options.waitMs how long to wait for those under way. Default: `holdWritesMs`.
   * @returns whether they all have finished. The pool is paused either way, until `resume`.
   */
  pause(options?: { readonly waitMs?: number }): Promise<boolean>
  /** Ends a pause: what was held goes on, in its order. */
  resume(): void
  /** Every node as this process sees it now. Immutable: ask again for news. */
  view(): View
  stats(): ClusterStats
  on<Name extends keyof ClusterEvents>(name: Name, listener: (message: ClusterEvents[Name]) => void): this
  once<Name extends keyof ClusterEvents>(name: Name, listener: (message: ClusterEvents[Name]) => void): this
  off<Name extends keyof ClusterEvents>(name: Name, listener: (message: ClusterEvents[Name]) => void): this
}
