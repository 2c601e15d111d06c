import type { Clock } from '../../base/clock.js'
import { AcquireTimeoutError, ChoiceOverError, type ConnectionLostError, WrongRoleError } from '../../base/errors.js'
import type { NodeConfig } from '../../model/config.js'
import type { Demand, NodePool, NodeReports } from '../../model/driver.js'
import type { Role } from '../../model/view.js'
import { type ConnectionWatch, type TransactionStatus, watchConnections } from './connection-watch.js'
import { markNotSent } from './judge.js'
import type { PgClient, PgModule, PgPool, PgPoolOptions, PgRequest, ReleaseClient } from './pg-types.js'
import { SideConnection } from './side-connection.js'

/** A connection on loan. `release` belongs to this loan; an error given to it closes the connection. */
export interface Lease {
  readonly client: PgClient
  readonly release: ReleaseClient
}

/** Something under way on this node that can be given up when the node falls silent. */
export interface UnderWay {
  readonly repeatable: boolean
  giveUp(error: Error): void
}

/** What a `PgNodePool` needs beyond its node. */
export interface PgNodeParts {
  readonly pg: PgModule
  readonly clock: Clock
}

/** The `pg.Pool` of one node, and the side connection that watches it. */
export class PgNodePool implements NodePool<PgRequest, unknown> {
  readonly name: string
  /** The node's own pool: a plain one of the caller's `pg`. */
  readonly pool: PgPool
  readonly #watch: ConnectionWatch
  readonly #side: SideConnection
  readonly #makeSide: () => SideConnection
  readonly #underWay = new Set<UnderWay>()
  readonly #leisurely = new Set<SideConnection>()
  readonly #lentBefore = new WeakSet<PgClient>()
  readonly #leased = new Set<PgClient>()

  constructor(node: NodeConfig<PgPoolOptions>, parts: PgNodeParts, reports: NodeReports) {
    this.name = node.name
    const Client = (node.driver['Client'] ?? parts.pg.Client) as PgModule['Client']
    this.#watch = watchConnections(Client, (role) => reports.roleReported(role))
    this.pool = new parts.pg.Pool({ ...node.driver, Client: this.#watch.Client })
    this.pool.on('error', (error: Error) => reports.idleConnectionLost(error))
    const makeSide = () => new SideConnection(this.#watch.Client, node.driver, parts.clock)
    this.#side = makeSide()
    this.#side.onLost = () => reports.monitorConnectionLost()
    this.#makeSide = makeSide
  }

  get total(): number {
    return this.pool.totalCount
  }

  get idle(): number {
    return this.pool.idleCount
  }

  get waiting(): number {
    return this.pool.waitingCount
  }

  run(request: PgRequest, demand: Demand): Promise<unknown> {
    return new Promise((resolve, reject) => {
      new Errand(this, request, demand, resolve, reject).start()
    })
  }

  /** A connection for as long as the caller needs one. Rejects as `run` does. */
  acquire(demand: Demand): Promise<Lease> {
    return new Promise((resolve, reject) => {
      const waiter: UnderWay = {
        repeatable: demand.repeatable,
        giveUp: (error) => settle(neverConnected(this.name, error)),
      }
      let settled = false
      const settle = (error: Error | undefined, lease?: Lease) => {
        if (settled) return lease?.release()
        settled = true
        this.#underWay.delete(waiter)
        if (lease === undefined) reject(error)
        else resolve(this.#noted(lease))
      }
      this.#underWay.add(waiter)
      this.acquireThen(demand, settle)
    })
  }

  #noted({ client, release }: Lease): Lease {
    this.#leased.add(client)
    const released: ReleaseClient = (error) => {
      this.#leased.delete(client)
      release(error)
    }
    return { client, release: released }
  }

  get unfinished(): number {
    const requests = [...this.#underWay].filter((it) => !it.repeatable).length
    return requests + [...this.#leased].filter((it) => this.statusOf(it) !== 'I').length
  }

  /** @internal The callback form of `acquire`, without a promise. */
  acquireThen(demand: Demand, done: (error: Error | undefined, lease?: Lease) => void): void {
    this.pool.connect((error, client, release) => {
      if (error !== undefined || client === undefined) return done(markNotSent(error ?? new Error('no connection')))
      const isNew = !this.#lentBefore.has(client)
      this.#lentBefore.add(client)
      if (demand.primaryOnly && this.#watch.roleOf(client) === 'replica') {
        // An idle connection hears of a promotion only with its next answer: what a new one says is the present.
        release(isNew ? undefined : true)
        if (!isNew) return this.acquireThen(demand, done)
        return done(new WrongRoleError(this.name, `${this.name} is a replica now; nothing was sent`))
      }
      if (demand.stillHolds?.() === false) {
        release()
        return done(
          new ChoiceOverError(this.name, `${this.name} may show less than when it was chosen; nothing was sent`),
        )
      }
      done(undefined, { client, release })
    })
  }

  /** What this connection says of its server. */
  roleOf(client: PgClient): Role {
    return this.#watch.roleOf(client)
  }

  /** Whether a transaction is open on this connection, as the server said when it was last ready. */
  statusOf(client: PgClient): TransactionStatus {
    return this.#watch.statusOf(client)
  }

  /** New transactions of this connection may not write, and could before. */
  hasBecomeReadOnly(client: PgClient): boolean {
    return this.#watch.hasBecomeReadOnly(client)
  }

  ask(text: string, timeoutMs: number): Promise<readonly unknown[]> {
    return this.#side.ask(text, timeoutMs)
  }

  async askAtLeisure(text: string, timeoutMs: number, values?: readonly unknown[]): Promise<readonly unknown[]> {
    const side = this.#makeSide()
    this.#leisurely.add(side)
    try {
      return await side.ask(text, timeoutMs, values)
    } finally {
      this.#leisurely.delete(side)
      side.close()
    }
  }

  /** @internal Makes `work` one of those that `abandon` gives up. Whoever begins it ends it. */
  begin(work: UnderWay): void {
    this.#underWay.add(work)
  }

  end(work: UnderWay): void {
    this.#underWay.delete(work)
  }

  abandon(which: 'repeatable' | 'all', error: ConnectionLostError): void {
    for (const work of [...this.#underWay]) {
      if (which === 'all' || work.repeatable) work.giveUp(error)
    }
  }

  async close(): Promise<void> {
    this.#side.close()
    for (const side of this.#leisurely) side.close()
    await this.pool.end()
  }
}

/** One `run`: from the search for a connection to its return. */
class Errand implements UnderWay, Demand {
  readonly #node: PgNodePool
  readonly #request: PgRequest
  readonly #resolve: (result: unknown) => void
  readonly #reject: (error: unknown) => void
  readonly primaryOnly: boolean
  readonly repeatable: boolean
  readonly stillHolds: (() => boolean) | undefined
  #lease: Lease | undefined
  #over = false

  constructor(
    node: PgNodePool,
    request: PgRequest,
    demand: Demand,
    resolve: (result: unknown) => void,
    reject: (error: unknown) => void,
  ) {
    this.#node = node
    this.#request = request
    this.primaryOnly = demand.primaryOnly
    this.repeatable = demand.repeatable
    this.stillHolds = demand.stillHolds
    this.#resolve = resolve
    this.#reject = reject
  }

  start(): void {
    this.#node.begin(this)
    this.#node.acquireThen(this, (error, lease) => {
      if (lease === undefined) this.#finish(error, undefined)
      else if (this.#over) lease.release()
      else this.#send(lease)
    })
  }

  giveUp(error: Error): void {
    this.#finish(this.#lease === undefined ? neverConnected(this.#node.name, error) : error, undefined)
  }

  #send(lease: Lease): void {
    this.#lease = lease
    lease.client.once('error', this.#broke)
    try {
      lease.client.query(this.#request.config, this.#request.values, (error, result) =>
        this.#finish(error ?? undefined, result),
      )
    } catch (error) {
      this.#finish(error as Error, undefined)
    }
  }

  readonly #broke = (error: Error): void => this.#finish(error, undefined)

  /** As `pg.Pool.query` does, an error of any kind costs the connection: nobody can say what state it is in. */
  #finish(error: Error | undefined, result: unknown): void {
    if (this.#over) return
    this.#over = true
    this.#node.end(this)
    if (this.#lease !== undefined) {
      this.#lease.client.removeListener('error', this.#broke)
      this.#lease.release(error)
    }
    if (error === undefined) this.#resolve(result)
    else this.#reject(error)
  }
}

/** Nothing was sent. An error of its own: those whose statement was sent are given the same one, and theirs may have run. */
function neverConnected(node: string, error: Error): Error {
  return markNotSent(new AcquireTimeoutError(node, `no connection to ${node}: ${error.message}`, { cause: error }))
}
