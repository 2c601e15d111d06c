import type { ClusterStats } from '../../cluster/cluster.js'
import type { PgPoolOptions } from '../../driver/pg/pg-types.js'
import type { NodeConfig } from '../../model/config.js'
import type { Classification } from '../../model/intent.js'
import type { Route } from '../../model/route.js'
import type { NodeView, View } from '../../model/view.js'

/**
 * A cluster of one primary: there is nothing to route, so the pool is a plain `pg.Pool` to the letter. It answers the
 * same questions about itself.
 */
export class SingleNode {
  readonly options: PgPoolOptions
  readonly view: View
  readonly #node: NodeView
  readonly #classify: (text: string) => Classification

  constructor(config: NodeConfig<PgPoolOptions>, classify: (text: string) => Classification) {
    this.options = config.driver
    this.#classify = classify
    const { name, address, weight, zone, shard, role } = config
    const unwatched = {
      health: { state: 'unknown' },
      load: { inFlight: 0, latencyMs: 0 },
      promotedIn: 0,
      history: undefined,
      isReceiving: undefined,
      isReadOnly: false,
      isVouchedFor: false,
      takesReads: true,
      fence: undefined,
      progress: UNKNOWN,
    } as const
    this.#node = { name, address, weight, zone, shard, role, configured: role, ...unwatched }
    this.view = { version: 1, nodes: [this.#node] }
  }

  explain(text: string): Route {
    const { intent, route, reason: because, detail, at } = this.#classify(text)
    const reason = route === 'replica' ? 'no-replica' : 'write'
    return { node: this.#node.name, role: 'primary', intent, reason, because, detail, at }
  }

  stats(connections: ClusterStats['nodes'][number]['connections']): ClusterStats {
    const uncounted = { inFlight: 0, served: 0, failed: 0, retriedElsewhere: 0, ejections: 0, positionQuestions: 0 }
    return {
      nodes: [{ node: this.#node.name, connections, lag: undefined, ...uncounted }],
      routes: {},
      primaryReads: { inUse: 0, waiting: 0 },
      held: 0,
    }
  }
}

const UNKNOWN = { position: undefined, moment: 0, life: 0 }
