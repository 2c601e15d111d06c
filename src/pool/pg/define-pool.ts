import { AsyncResource } from 'node:async_hooks'
import type { EventEmitter } from 'node:events'
import type pg from 'pg'
import { afterInput } from '../../base/clock.js'
import { markOutcome } from '../../base/outcome.js'
import { hideSecrets } from '../../base/secrets.js'
import type { ClusterStats } from '../../cluster/cluster.js'
import { currentSession, type Session } from '../../cluster/session.js'
import type { PgModule } from '../../driver/pg/pg-types.js'
import type { ClusterEvents } from '../../model/events.js'
import type { Route } from '../../model/route.js'
import type { View } from '../../model/view.js'
import type { ViewRoute } from '../../routing/need.js'
import { type Callback, callBackWith, readCall } from './call.js'
import { checkCall } from './check-call.js'
import { controlClientFor } from './control-client.js'
import type { PoolCore } from './core.js'
import { LazyClient } from './lazy-client.js'
import { runPlainTransaction } from './plain-transaction.js'
import type { RoutedPool, TransactionOptions } from './routed-pool.js'
import { SingleNode } from './single-node.js'
import { Transactions } from './transaction.js'

/** How a pool comes to its core: from options, or as a view of a pool that exists. */
export type MakeCore = (options: object | undefined) => PoolCore | SingleNode

/** A pool that shares another one's core. */
class Shared {
  readonly core: PoolCore | SingleNode
  readonly route: ViewRoute

  constructor(core: PoolCore | SingleNode, route: ViewRoute) {
    this.core = core
    this.route = route
  }
}

/** What the base class is to the code below. Its overloads are in the declared type that `definePool` returns. */
interface BasePool extends EventEmitter {
  readonly totalCount: number
  readonly idleCount: number
  readonly waitingCount: number
  readonly options: object
  Client: unknown
  ending: boolean
  ended: boolean
  connect(callback?: unknown): unknown
  query(config: unknown, values?: unknown, callback?: unknown): unknown
  end(callback?: unknown): unknown
}

type PoolClass = new (options?: object) => RoutedPool & pg.Pool

/**
 * Makes the `Pool` class over the caller's own `pg`, so that `instanceof pg.Pool` holds: Prisma, Drizzle and others ask
 * that, or look for `Pool` in the class name, and quietly do the wrong thing otherwise.
 */
export function definePool(module: PgModule, makeCore: MakeCore): PoolClass {
  const Base = module.Pool as unknown as new (options: object) => BasePool

  class SluicePool extends Base {
    readonly #core: PoolCore | SingleNode
    readonly #route: ViewRoute | undefined
    readonly #isView: boolean
    #views: { readonly writer: SluicePool; readonly reader: SluicePool } | undefined
    #isEnding = false

    constructor(given?: object) {
      const shared = given instanceof Shared ? given : undefined
      const core = shared?.core ?? makeCore(given)
      super(core.options)
      hideSecrets(this.options)
      this.#core = core
      this.#route = shared?.route
      this.#isView = shared !== undefined
      if (core instanceof SingleNode) return
      this.Client = controlClientFor(core, async (text, values) => this.query(text, values))
      this.#listen(core)
    }

    get writer(): SluicePool {
      return this.#viewsOfThis().writer
    }

    get reader(): SluicePool {
      return this.#viewsOfThis().reader
    }

    override get totalCount(): number {
      return this.#core instanceof SingleNode ? super.totalCount : sum(this.#core, (pool) => pool.total)
    }

    override get idleCount(): number {
      return this.#core instanceof SingleNode ? super.idleCount : sum(this.#core, (pool) => pool.idle)
    }

    override get waitingCount(): number {
      return this.#core instanceof SingleNode ? super.waitingCount : sum(this.#core, (pool) => pool.waiting)
    }

    route(text: string): Route | undefined {
      const call = { route: this.#route, consistency: undefined, shard: undefined, session: currentSession() }
      if (this.#core instanceof SingleNode) return this.#core.explain(text)
      return this.#core.cluster.explain(this.#core.cluster.statements.classify(text), call)
    }

    async caughtUp(session: Session, options: { readonly waitMs?: number } = {}): Promise<boolean> {
      if (this.#core instanceof SingleNode) return true
      const { cluster } = this.#core
      return cluster.caughtUp(session, options.waitMs ?? cluster.config.waitMs)
    }

    async pause(options: { readonly waitMs?: number } = {}): Promise<boolean> {
      if (this.#core instanceof SingleNode) throw new Error('a pool of one server cannot be paused: give it its nodes')
      const { cluster } = this.#core
      return cluster.pause(options.waitMs ?? cluster.config.holdWritesMs)
    }

    resume(): void {
      if (!(this.#core instanceof SingleNode)) this.#core.cluster.resume()
    }

    view(): View {
      return this.#core instanceof SingleNode ? this.#core.view : this.#core.cluster.view
    }

    stats(): ClusterStats {
      if (!(this.#core instanceof SingleNode)) return this.#core.cluster.stats()
      return this.#core.stats({ total: this.totalCount, idle: this.idleCount, waiting: this.waitingCount })
    }

    async transaction<Result>(
      work: (client: LazyClient) => Promise<Result>,
      options?: TransactionOptions,
    ): Promise<Result> {
      if (this.#core instanceof SingleNode) {
        return runPlainTransaction(() => super.connect() as never, work, options)
      }
      if (this.#isEnding || this.#core.cluster.isClosed) throw afterEnd()
      return new Transactions(this.#core, this.#route).run(work, options)
    }

    override connect(callback?: (error: Error | undefined, client: unknown, release: unknown) => void): unknown {
      if (this.#core instanceof SingleNode) {
        return callback === undefined ? super.connect() : super.connect(AsyncResource.bind(callback))
      }
      const connected = this.#checkOut(this.#core)
      if (callback === undefined) return connected
      const bound = AsyncResource.bind(callback)
      connected.then(
        (client) => process.nextTick(bound, undefined, client, client.release),
        (error: Error) => process.nextTick(bound, error, undefined, ignoreRelease),
      )
      return undefined
    }

    override query(config: unknown, values?: unknown, callback?: unknown): unknown {
      if (this.#core instanceof SingleNode) {
        const [given, done] = typeof values === 'function' ? [undefined, values] : [values, callback]
        return super.query(config, given, typeof done === 'function' ? AsyncResource.bind(done as Callback) : done)
      }
      if (typeof config === 'function') return refuseFunction(config as Callback)
      const call = readCall(config, values, callback)
      const result = this.#runAlone(this.#core, call)
      if (call.callback === undefined) return result
      callBackWith(result, call.callback)
      return undefined
    }

    override end(callback?: (error?: Error) => void): unknown {
      if (this.#core instanceof SingleNode) return callback === undefined ? super.end() : super.end(callback)
      const ended = this.#endOnce(this.#core)
      if (callback === undefined) return ended
      callBackWith(ended, callback as Callback)
      return undefined
    }

    async #checkOut(core: PoolCore): Promise<LazyClient> {
      if (this.#isEnding || core.cluster.isClosed) throw afterEnd()
      const client = new LazyClient(core, this.#route)
      try {
        await core.cluster.ready()
        return client
      } catch (error) {
        client.release()
        throw error
      }
    }

    #runAlone(core: PoolCore, call: ReturnType<typeof readCall>): Promise<unknown> {
      if (this.#isEnding || core.cluster.isClosed) return Promise.reject(afterEnd())
      try {
        checkCall(call)
      } catch (error) {
        return Promise.reject(error)
      }
      const found = core.cluster.statements.classify(call.text)
      if (call.isSubmittable) return this.#submitInClient(core, call)
      if (found.effects.length > 0) return this.#runInClient(core, call)
      return core.cluster.run({
        text: call.text,
        found,
        call: {
          route: call.route ?? this.#route,
          consistency: call.consistency,
          shard: call.shard,
          session: currentSession(),
          isIdempotent: call.isIdempotent,
        },
        preferred: undefined,
        send: (pool, demand) => pool.run(call, demand),
      })
    }

    /** What leaves something behind on its connection needs a client of its own, which tidies up. */
    async #runInClient(core: PoolCore, call: ReturnType<typeof readCall>): Promise<unknown> {
      const client = new LazyClient(core, this.#route)
      try {
        return await client.query(call.config, call.values)
      } finally {
        client.release()
      }
    }

    /** A query tells its result, a query stream its error; others only that they are over. */
    async #submitInClient(core: PoolCore, call: ReturnType<typeof readCall>): Promise<unknown> {
      const client = new LazyClient(core, this.#route)
      let told: { readonly error: Error | undefined; readonly result: unknown } | undefined
      const note = (error: Error | undefined, result: unknown) => {
        told = { error, result }
      }
      client.query(call.config, call.values, note)
      await client.idle()
      client.release()
      if (told?.error) throw told.error
      return told?.result
    }

    async #endOnce(core: PoolCore): Promise<void> {
      if (this.#isEnding) throw new Error('Called end on pool more than once')
      this.#isEnding = true
      this.ending = true
      if (!this.#isView) {
        await core.clients.none()
        await core.cluster.close()
      }
      this.ended = true
    }

    #viewsOfThis(): { readonly writer: SluicePool; readonly reader: SluicePool } {
      this.#views ??= {
        writer: new SluicePool(new Shared(this.#core, 'primary')),
        reader: new SluicePool(new Shared(this.#core, 'reader')),
      }
      return this.#views
    }

    /** What the nodes' pools and the cluster tell is told again here, as if this were one pool. */
    #listen(core: PoolCore): void {
      core.cluster.eachNode(({ pool: { pool } }) => {
        for (const name of ['connect', 'acquire', 'release', 'remove'] as const) {
          pool.on(name, (...args: unknown[]) => this.emit(name, ...args))
        }
        pool.on('error', (error: Error, client: unknown) => {
          // An `error` that nobody listens to would end the process; the cluster has dealt with this one.
          if (this.listenerCount('error') > 0) this.emit('error', error, client)
        })
      })
      for (const name of Object.keys(CLUSTER_EVENTS) as (keyof typeof CLUSTER_EVENTS)[]) {
        core.cluster.events.on(name, (message: unknown) => this.emit(name, message))
      }
      this.#listenToRoutesOnDemand(core)
    }

    /** Telling every route costs something, so it is done only while somebody listens. */
    #listenToRoutesOnDemand(core: PoolCore): void {
      const tell = (message: Route) => this.emit('routed', message)
      this.on('newListener', (name: string) => {
        if (name === 'routed' && this.listenerCount('routed') === 0) core.cluster.events.on('routed', tell)
      })
      this.on('removeListener', (name: string) => {
        if (name === 'routed' && this.listenerCount('routed') === 0) core.cluster.events.off('routed', tell)
      })
    }
  }

  Object.defineProperty(SluicePool, 'name', { value: 'SluicePool' })
  return SluicePool as unknown as PoolClass
}

/** All but `routed`, which costs something for every statement and is passed on only when asked for. */
const CLUSTER_EVENTS: Readonly<Record<Exclude<keyof ClusterEvents, 'routed'>, true>> = {
  nodeWentDown: true,
  nodeCameUp: true,
  nodeChangedRole: true,
  nodeFenced: true,
  nodeAdded: true,
  nodeRemoved: true,
  topologyFailed: true,
  writesHeld: true,
  writesReleased: true,
  statementRetried: true,
  readFellBack: true,
  statementMisjudged: true,
  sessionStateUndone: true,
  catalogueFailed: true,
  connectionLost: true,
  readWasAhead: true,
  positionLost: true,
  tokenRefused: true,
  positionUnknown: true,
}

/** In the words of `pg`. */
function afterEnd(): Error {
  return markOutcome(new Error('Cannot use a pool after calling end on the pool'), 'not-sent')
}

function sum(core: PoolCore, count: (pool: { total: number; idle: number; waiting: number }) => number): number {
  let total = 0
  for (const node of core.cluster.nodes.values()) total += count(node.pool)
  return total
}

function refuseFunction(callback: Callback): undefined {
  const error = new Error('Passing a function as the first parameter to pool.query is not supported')
  afterInput(() => callback(error))
  return undefined
}

function ignoreRelease(): void {}
