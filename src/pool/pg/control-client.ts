import type { PoolCore } from './core.js'

/** What is used of a `pg.Client` by whoever makes one to end what another connection does. */
export interface ControlClient {
  connect(): Promise<void>
  query(text: string, values?: readonly unknown[]): Promise<unknown>
  end(): Promise<void>
}

/**
 * The `Client` of a pool of several nodes. Kysely, and MikroORM on it, make one of their own to cancel a query by the number of its
 * server process, which may be on any node. This one knows on which, and opens a connection there beside the pool: whoever cancels must
 * not wait for the very connections that are busy. Whatever else it is asked runs as the pool would run it.
 */
export function controlClientFor(
  core: PoolCore,
  run: (text: string, values: readonly unknown[]) => Promise<unknown>,
): new () => ControlClient {
  const { cluster, pids } = core
  return class implements ControlClient {
    async connect(): Promise<void> {}

    async query(text: string, values: readonly unknown[] = []): Promise<unknown> {
      const owner = pids.ownerIn(cluster.statements.classify(text).effects, values)
      const node = owner === undefined ? undefined : cluster.nodes.get(owner)
      if (node === undefined) return run(text, values)
      return { rows: await node.pool.askAtLeisure(text, cluster.config.probe.timeoutMs, values) }
    }

    async end(): Promise<void> {}
  }
}
