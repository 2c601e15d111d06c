import pg from 'pg'
import { systemClock } from './base/clock.js'
import { Cluster } from './cluster/cluster.js'
import { classificationCache } from './dialect/postgresql/classification-cache.js'
import { postgres } from './dialect/postgresql/dialect.js'
import { fates } from './dialect/postgresql/settle.js'
import { pgDriver } from './driver/pg/pg-driver.js'
import type { PgModule, PgPoolOptions } from './driver/pg/pg-types.js'
import type { ClusterConfig } from './model/config.js'
import type { Fates } from './model/fates.js'
import { CheckedOut } from './pool/pg/checked-out.js'
import type { PoolCore } from './pool/pg/core.js'
import { definePool } from './pool/pg/define-pool.js'
import { PidOwners } from './pool/pg/pid-owners.js'
import type { RoutedPool } from './pool/pg/routed-pool.js'
import { SingleNode } from './pool/pg/single-node.js'
import { nextEjectMs } from './routing/backoff.js'
import { makeBalancer } from './routing/balancers/make-balancer.js'
import { resolveConfig } from './routing/config.js'
import type { ClusterOptions } from './routing/options.js'

export type { CallOptions, RoutedClient, RoutedPool, TransactionOptions } from './pool/pg/routed-pool.js'

/** Sluice's own options, beside all of `pg.Pool`'s, which are the defaults of every node. */
export type PoolOptions = ClusterOptions & pg.PoolConfig

/** A `pg.Pool` and what Sluice adds to it. */
export type Pool = RoutedPool & pg.Pool

/** Builds `Pool` over a `pg` that you hand in: for a program that has several copies, or its own fork. */
export function poolFor(module: typeof pg): new (options?: PoolOptions) => Pool {
  return definePool(module as unknown as PgModule, (options) =>
    makeCore(module as unknown as PgModule, options),
  ) as never
}

/**
 * A `pg.Pool` whose reads run on replicas and whose writes run on the primary.
 *
 * @throws {ConfigError} naming every option that is wrong, before any connection is opened.
 */
export const Pool: new (options?: PoolOptions) => Pool = poolFor(pg)

function makeCore(module: PgModule, options: object | undefined): PoolCore | SingleNode {
  const config = resolveConfig(options ?? {}) as ClusterConfig<PgPoolOptions>
  const [first] = config.nodes
  const isAlone = config.nodes.length === 1 && config.topology === undefined
  if (first !== undefined && isAlone && first.role === 'primary') {
    return new SingleNode(first, postgres.classify)
  }
  const cluster = new Cluster({
    config,
    driver: pgDriver({ pg: module, clock: systemClock }, postgres),
    dialect: postgres,
    clock: systemClock,
    random: Math.random,
    makeBalancer: (choice) => makeBalancer(choice, { random: Math.random, zone: config.zone }),
    makeCache: (classify) => classificationCache({ maxTexts: config.cacheSize, classify }),
    ejectMs: (baseMs, failures) => nextEjectMs(baseMs, failures, Math.random),
  })
  const primary = config.nodes.find((node) => node.role === 'primary') ?? first
  const core: PoolCore = {
    cluster,
    pg: module,
    options: primary?.driver ?? {},
    baselines: new WeakMap(),
    pids: new PidOwners(),
    clients: new CheckedOut(),
    fates: fates as Fates,
  }
  watchPids(core)
  return core
}

function watchPids(core: PoolCore): void {
  core.cluster.eachNode(({ name, pool: { pool } }) => {
    pool.on('connect', (client: { processID: number | null }) => core.pids.opened(client.processID, name))
    pool.on('remove', (client: { processID: number | null }) => core.pids.closed(client.processID, name))
  })
}
