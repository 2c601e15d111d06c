import type { BalancerName, PickNode } from '../model/balancer.js'
import type { PrimaryReads } from '../model/config.js'
import type { Consistency, ConsistencyScope } from '../model/consistency.js'
import type { FindNodes, Topology } from '../model/topology.js'

/** Options of the driver, where nothing more is known of it. */
export type AnyDriverOptions = Readonly<Record<string, unknown>>

/** What a pool may say for all nodes, and a node for itself: the node's own word counts. */
export interface SharedOptions {
  /**
   * Milliseconds that a node stays out of service after its first failure, before it is probed again. Default 5000:
   * long enough for a restart, short enough that nobody has to step in. From 1 to 2147483647.
   *
   * Every failed probe doubles the longest wait, up to a minute (or `ejectMs`, if that is longer); the wait is drawn
   * between `ejectMs` and that, so that processes do not all knock at once. No user's statement is ever the probe.
   */
  readonly ejectMs?: number
  /**
   * Never take the node out of service, whatever happens. Default false. For a node whose address is itself a load
   * balancer. Its failures are still retried elsewhere where that is safe, and each call still ends.
   */
  readonly neverEject?: boolean
  /**
   * Your own judgement of an error, asked before ours: `true` takes the node out, `false` does not, `undefined` leaves
   * it to us. Default: ours, by SQLSTATE and errno. It decides about the node, never about sending a statement again.
   */
  readonly isConnectionError?: (error: Error) => boolean | undefined
}

/** What Sluice wants to know of one node, beside what its driver needs to connect. */
export interface NodeOptionsOnly extends SharedOptions {
  /**
   * A connection URL, as `connectionString` (give one of them). Its query may also hold `name`, `role`, `zone`,
   * `shard`, `weight`, `ejectMs`, `neverEject`, and the pool's `max`, `min`, `connectionTimeoutMillis`,
   * `idleTimeoutMillis`, `maxUses`, `maxLifetimeSeconds`, `allowExitOnIdle`, `keepAlive` and
   * `keepAliveInitialDelayMillis`; the same options beside the URL beat them. Several hosts make several nodes.
   *
   * What it does not say of user, password, host, port and database comes from the options beside it and the pool's.
   */
  readonly url?: string
  /**
   * What events, errors, hints and `pool.view()` call it. Default `primary`, `primary-2`, …, `replica-1`, …, and
   * `node-1`, … where the role is asked for. Unique in its pool; at most 63 characters, so that hints can hold it.
   */
  readonly name?: string
  /**
   * For entries of `nodes`: what to take it for until its server has said what it is. Default: nothing. In `primary`
   * and `replicas` it may only repeat what the list says.
   */
  readonly role?: 'primary' | 'replica'
  /**
   * Share of the work against other nodes of its role. Default 1. At least 0; with 0 it is used only while no node
   * with a weight can serve. For `failover` the highest weight goes first.
   */
  readonly weight?: number
  /** Where it stands, as you name such places. Default: nowhere. See the pool's `zone`. */
  readonly zone?: string
  /** Which part of the data it holds. Default: none. A statement is sent to nodes of its own shard only. */
  readonly shard?: string
}

/** One node: Sluice's options, and any of the driver's, which beat the pool's. */
export type NodeOptions<Driver extends object = AnyDriverOptions> = NodeOptionsOnly & Driver

/** Sluice's options of a pool. All options of the driver may stand beside them, as defaults for every node. */
export interface ClusterOptions<Driver extends object = AnyDriverOptions> extends SharedOptions {
  /**
   * Where writes go. Several: one of them, see `primaryBalancer`. Default: the server that the options beside it name
   * (`connectionString`, `host`, PGHOST). An empty list: none, a pool for reads.
   *
   * A server that says that it is a replica gets no writes, whatever stands here.
   */
  readonly primary?: string | NodeOptions<Driver> | readonly (string | NodeOptions<Driver>)[]
  /** Where reads go. Default: none. Each needs its `url`, `host` or `port`. */
  readonly replicas?: string | NodeOptions<Driver> | readonly (string | NodeOptions<Driver>)[]
  /** Nodes whose roles the servers tell: for a cluster that moves its primary. Default: none. */
  readonly nodes?: string | NodeOptions<Driver> | readonly (string | NodeOptions<Driver>)[]
  /**
   * Where more nodes come from, while the pool runs: one of `sluice/topology` (Patroni, DNS, …), or your own function that gives all
   * nodes there are, and is asked every second. User, password, database and the other options are the pool's. Default: none.
   *
   * A new node gets work once it has said what it is; one that is gone finishes what it has. Nodes in the options beside it stay.
   */
  readonly topology?: Topology | FindNodes
  /**
   * How long a node that comes to others, new or again, takes until it has its full share of reads, in milliseconds: its caches
   * are cold. Default 5000. 0: at once, as with the balancer `failover`. To 2147483647.
   */
  readonly slowStartMs?: number
  /** All the options, as a URL: `connectionString` under another name. */
  readonly url?: string
  /**
   * Names this cluster in sessions and their tokens; must be the same in every process. Default: a hash of the
   * addresses and databases of the configured primaries (of all nodes, where there is none), so that adding a replica
   * or changing a password keeps sessions valid. At most 64 characters.
   */
  readonly id?: string
  /**
   * What a read may miss, where neither its call nor its session says:
   *
   * - `session` (the default): nothing that its session wrote or has seen. It reads from any replica that has replayed
   *   that far. Outside of a session it is `eventual`.
   * - `eventual`: whatever a healthy replica has not replayed yet.
   * - `{ maxLagMs, maxLagBytes }`: what is younger than that, as measured. From just above 0.
   * - `strong`: nothing; reads run on the primary.
   */
  readonly consistency?: Consistency
  /**
   * What counts for reads at `consistency: 'session'`. `session` (the default): all that the session wrote or has seen.
   * `tables`: what concerns the tables that the read looks at, by its own text and the primary's catalogue; a read of
   * other tables goes to a replica that has not replayed the write yet. Where that cannot be told, everything counts.
   * Not with several shards. See docs/consistency.md for what it gives up.
   */
  readonly consistencyScope?: ConsistencyScope
  /**
   * How long a read waits for a replica that shows what it must see, in milliseconds. Default 20: replicas are behind by
   * a few. It does not wait where measurements say that it would be in vain. From 0, not at all, to 2147483647.
   */
  readonly waitMs?: number
  /**
   * What becomes of a read when no replica shows what it must see: it runs on the `primary`, within `primaryReads`, or
   * it must `fail` with a `ConsistencyError`. Default `primary`.
   */
  readonly whenBehind?: 'primary' | 'fail'
  /**
   * How long after its last write a session's reads stay on the primary in any case. Default: not at all, since
   * `consistency: 'session'` knows when replicas have caught up. From 1 ms.
   *
   * With `consistency: 'eventual'` it is what other poolers do: a time, not a proof. Outside a session (`withSession`, or
   * a client that is checked out) nothing is held.
   */
  readonly sticky?: false | { readonly ttlMs: number }
  /**
   * Which replica reads: `least-busy` (of two drawn by chance, the one with less under way for its weight),
   * `round-robin` (in turn, by weight), `fastest` (by the time its statements took lately and what is under way),
   * `failover` (the first that can), or your own function. Default `least-busy`: it evens out slow statements and slow
   * nodes by itself.
   */
  readonly balancer?: BalancerName | PickNode
  /** The same for several primaries. Default `failover`: one writer, the next only when it is gone. */
  readonly primaryBalancer?: BalancerName | PickNode
  /** The zone of this process: its nodes are preferred while one of them can serve. Default: no preference. */
  readonly zone?: string
  /**
   * The shard of statements that name none, by their call (`query({ shard })`) or their session
   * (`withSession({ shard })`). Default: nodes without a shard.
   */
  readonly defaultShard?: string
  /**
   * May the primary serve reads when no replica can? `'always'`, `'never'`, or so many at once; the others wait their
   * turn. Default: half of the primary's connections (`max`), rounded down, at least 1, so that losing the replicas
   * does not take the writes along.
   */
  readonly primaryReads?: PrimaryReads
  /**
   * Longest wait for a connection, in milliseconds, over all nodes that are tried. Default `connectionTimeoutMillis`
   * if that is set, else 10000; unlike in `pg`, nobody waits for ever. From 1 to 2147483647.
   */
  readonly acquireTimeoutMs?: number
  /**
   * How long a write or a new transaction waits while there is no primary, or while writes are paused, in milliseconds. Default
   * 10000: a promotion takes a second or so, an engine that has to notice first rarely more than this. They wait in
   * their order and run on the new primary; a read that only the primary can answer waits too. 0: they fail at once.
   *
   * Nothing waits where no node has ever answered, or where the primary refuses us: that is a mistake, not a failover.
   */
  readonly holdWritesMs?: number
  /** Most statements that wait so at once; more fail at once. Default 1000: some memory, and a few seconds of work. At least 0. */
  readonly maxHeldWrites?: number
  /** The health question, asked of every node on a connection of its own. Milliseconds, from 10 to 2147483647. */
  readonly probe?: {
    /** How often. Default 1000: a moved primary or a frozen node is noticed about as fast. */
    readonly everyMs?: number
    /** An answer later than this is a failure: the node goes out, its reads run elsewhere. Default 2000. */
    readonly timeoutMs?: number
    /**
     * After so much silence, statements that may have written are given up too, with outcome `unknown`. Default 10000:
     * waiting longer is worse than not knowing. At least `timeoutMs`.
     */
    readonly hungAfterMs?: number
  }
  /** Functions that only read, whatever the catalogue says: `name` or `schema.name`, in any case. Default: none. */
  readonly readFunctions?: readonly string[]
  /** Functions that write, whatever is known of them. Default: none. None may stand in both lists. */
  readonly writeFunctions?: readonly string[]
  /**
   * Tables that are only read on the primary: `name` or `schema.name`, in any case. Those of migration tools (Drizzle,
   * Knex, Kysely, MikroORM, Prisma, Sequelize, node-pg-migrate) are among them, always. Default: none besides.
   */
  readonly primaryTables?: readonly string[]
  /** How often the primary's functions and tables are read again, in milliseconds. Default 60000. At least 100. */
  readonly catalogueRefreshMs?: number
  /** Most statement texts whose classification is remembered. Default 5000: more than most programs
   * have. At least 1. */
  readonly cacheSize?: number
}
