import { ConnectionLostError, WrongRoleError } from '../../base/errors.js'
import { markOutcome } from '../../base/outcome.js'
import type { Call } from '../../cluster/errand.js'
import { currentSession, Session } from '../../cluster/session.js'
import type { PgNodePool } from '../../driver/pg/node-pool.js'
import type { Demand } from '../../model/driver.js'
import type { Fence } from '../../model/fence.js'
import type { Classification } from '../../model/intent.js'
import { outcomeAfter } from '../../routing/after-failure.js'
import { fenceText } from '../../routing/fencing.js'
import { isRepeatable, type ViewRoute } from '../../routing/need.js'
import { callBackWith, type PgCall, readCall, valuesOf } from './call.js'
import { checkCall, refuseEnd } from './check-call.js'
import { ClientFace } from './client-face.js'
import type { PoolCore } from './core.js'
import { HeldNotes } from './held-notes.js'
import { Loan } from './loan.js'
import {
  afterFailedStatement,
  afterStatement,
  afterTransaction,
  effectsAsTold,
  FRESH,
  type SessionState,
  tagsOf,
} from './session-state.js'
import { bindEvents, tellFailure } from './submittable.js'
import { Turns } from './turns.js'

const RELEASED = 'Connection terminated: its client was released while the statement was running'

/** Events of the real connection that the client passes on while it has one. */
const PASSED_ON = ['notice', 'notification', 'drain', 'end'] as const

/**
 * What `pool.connect()` gives: behaves like a `pg.Client`, and takes a real connection only when a statement needs one.
 *
 * Between transactions, each statement goes where it belongs. What a statement leaves on its connection (a transaction,
 * a temporary table, a lock) holds the client there; settings follow it to other connections. Either is undone before a
 * connection goes back to its pool.
 */
export class LazyClient extends ClientFace {
  readonly #core: PoolCore
  readonly #route: ViewRoute | undefined
  /** A checked-out client is a session of its own, if nobody has begun one around it. */
  readonly #session: Session
  /** Statements of one client run one after the other, as on a connection. */
  readonly #turns = new Turns()
  #loan: Loan | undefined
  #state: SessionState = FRESH
  readonly #notes: HeldNotes
  /** What a held connection died of: its state is lost, so nothing more may run here. */
  #lost: Error | undefined
  #released = false
  /** `pool.transaction` ends it, and nobody else. */
  #keepsTransaction = false

  constructor(core: PoolCore, route: ViewRoute | undefined) {
    super(core, () => this.#loan)
    this.#core = core
    this.#route = route
    this.#notes = new HeldNotes(core.cluster)
    this.#session = currentSession() ?? new Session()
    core.clients.add(this)
  }

  /** Gives the client back. An error, or `true`, closes its connection. @throws when called twice, as `pg` does. */
  readonly release = (error?: unknown): void => {
    if (this.#released) throw new Error('Release called on client which has already been released to the pool.')
    this.#released = true
    // Nobody can close a cursor that was left open, and with it open the connection serves nobody else.
    if (error || this.#loan?.hasOpenCursor === true) this.#abandon(error || true)
    else void this.#turns.inTurn(() => this.#giveBack()).finally(() => this.#core.clients.remove(this))
  }

  /** @internal While it does, a statement that would end the transaction is refused. */
  keepTransaction(keeps: boolean): void {
    this.#keepsTransaction = keeps
  }

  /** @internal Its transaction turned out to have been committed: its session must see that. */
  noteWrite(shard: string | undefined): void {
    const session = currentSession() ?? this.#session
    this.#core.cluster.noteWrite({ route: undefined, consistency: undefined, shard, session })
  }

  /** @internal Its connection is to a server that says it is the primary. */
  get isOnPrimary(): boolean {
    return this.#loan !== undefined && this.#core.cluster.nodes.get(this.#loan.pool.name)?.role === 'primary'
  }

  /** @internal Somebody waits for a connection of the node that this client has one of. */
  get isWaitedFor(): boolean {
    return this.#loan !== undefined && this.#loan.pool.waiting > 0
  }

  /** @internal For whoever keeps clients: gives the connection back until the next statement, unless it holds state. */
  lendBack(): Promise<void> {
    return this.#turns.inTurn(async () => {
      if (this.#loan !== undefined && !this.#isHeld(this.#loan)) await this.#lendBack()
    })
  }

  /** Resolves when everything asked of this client so far is over, well or not. */
  idle(): Promise<void> {
    return this.#turns.inTurn(() => Promise.resolve())
  }

  query(config: unknown, values?: unknown, callback?: unknown): unknown {
    if (config === null || config === undefined) throw new TypeError('Client was passed a null or undefined query')
    const call = readCall(config, values, callback)
    const session = currentSession() ?? this.#session
    const isLate = this.#released
    if (call.isSubmittable) {
      bindEvents(config as object)
      void this.#turns.inTurn(() => this.#runSubmittable(call, session, isLate))
      return config
    }
    const result = this.#turns.inTurn(() => this.#run(call, session, isLate))
    if (call.callback === undefined) return result
    callBackWith(result, call.callback)
    return undefined
  }

  get _queryable(): boolean {
    return this.#lost === undefined && !this.#released
  }

  get _ending(): boolean {
    return this.#released
  }

  /** Closes the connection that the client has, if any. It must still be released. */
  end(callback?: () => void): Promise<void> | undefined {
    const ended = this.#turns.inTurn(async () => this.#drop(true))
    if (callback === undefined) return ended
    void ended.then(callback)
    return undefined
  }

  /** @param isLate it was asked after the release; what was asked before it still runs. */
  async #run(call: PgCall, session: Session, isLate: boolean): Promise<unknown> {
    this.#refuseIfUseless(isLate)
    checkCall(call)
    const found = this.#core.cluster.statements.classify(call.text)
    if (this.#keepsTransaction) refuseEnd(found)
    if (this.#loan !== undefined && this.#isHeld(this.#loan)) return this.#runHeld(this.#loan, call, found, session)
    return this.#core.cluster.run({
      text: call.text,
      found,
      call: this.#callFor(call, found, session),
      preferred: this.#loan?.pool.name,
      send: (pool, demand) => this.#sendOn(pool, demand, call, found),
    })
  }

  /** Cursors, streams and copies report for themselves; this only finds them a connection and waits for their end. */
  async #runSubmittable(call: PgCall, session: Session, isLate: boolean): Promise<void> {
    const found = this.#core.cluster.statements.classify(call.text)
    try {
      this.#refuseIfUseless(isLate)
      checkCall(call)
      if (this.#loan !== undefined && this.#isHeld(this.#loan)) {
        return await this.#submit(this.#loan, call, found, session)
      }
      await this.#core.cluster.run({
        text: call.text,
        found,
        call: this.#callFor(call, found, session),
        preferred: this.#loan?.pool.name,
        send: async (pool, demand) => this.#submit(await this.#loanFrom(pool, demand), call, found, session),
      })
    } catch (error) {
      tellFailure(call, error as Error)
    }
  }

  /** Its user hears of the end before our promises do: the session must know of the write by then. */
  async #submit(loan: Loan, call: PgCall, found: Classification, session: Session): Promise<void> {
    const note = () => this.#notes.note(loan, found, this.#callFor(call, found, session))
    note()
    await loan.submit(call.config, call.values, call.callback, note)
    this.#state = afterStatement(this.#state, found.effects, { config: call.config, values: call.values })
  }

  #callFor(call: PgCall, found: Classification, session: Session): Call {
    const owner = found.effects.length === 0 ? undefined : this.#core.pids.ownerIn(found.effects, valuesOf(call))
    const route = call.route ?? this.#route ?? (owner === undefined ? undefined : { node: owner })
    return { route, consistency: call.consistency, shard: call.shard, session, isIdempotent: call.isIdempotent }
  }

  #isHeld(loan: Loan): boolean {
    return this.#state.held.size > 0 || loan.isInTransaction
  }

  /** On the connection that holds the client's state, and nowhere else. */
  async #runHeld(loan: Loan, call: PgCall, found: Classification, session: Session): Promise<unknown> {
    const { cluster } = this.#core
    const node = cluster.nodes.get(loan.pool.name)
    this.#refuseFenced(node?.fence, loan)
    if (node !== undefined && !loan.isInTransaction) {
      await cluster.catchUpOn(node, found, this.#callFor(call, found, session))
    }
    node?.began()
    const isInTransaction = loan.isInTransaction
    try {
      const result = await this.#send(loan, call, found, false)
      node?.ended(true)
      this.#notes.note(loan, found, this.#callFor(call, found, session))
      return result
    } catch (error) {
      node?.ended(false)
      this.#notes.note(loan, found, this.#callFor(call, found, session))
      if (node !== undefined) cluster.reportFailure(node, error as Error)
      const atomic = isInTransaction || cluster.statements.isAtomic(found)
      throw markOutcome(error as Error, outcomeAfter(cluster.judge(error), { repeatable: isRepeatable(found), atomic }))
    }
  }

  async #sendOn(pool: PgNodePool, demand: Demand, call: PgCall, found: Classification): Promise<unknown> {
    const loan = await this.#loanFrom(pool, demand)
    const before = this.#state
    const result = await this.#send(loan, call, found, isRepeatable(found))
    if (demand.primaryOnly && loan.isInTransaction && pool.hasBecomeReadOnly(loan.client)) {
      await this.#beginElsewhere(loan, before)
    }
    this.#notes.began(loan, found)
    return result
  }

  /**
   * A transaction was begun on a primary that is being made read-only for a switchover: whatever it would write is refused.
   * Nothing has happened in it yet, so another one can be begun where the next primary is. One that its user made
   * read-only is left alone.
   *
   * @throws {WrongRoleError} so that the router looks for it.
   */
  async #beginElsewhere(loan: Loan, before: SessionState): Promise<void> {
    const { name } = loan.pool
    if (!(await this.#core.cluster.isReadOnlyNow(name))) return
    this.#drop(true)
    this.#state = before
    throw new WrongRoleError(name, `${name} is read-only now; nothing has happened in the transaction`)
  }

  /** The connection that the client has, if it is one of this pool; else another, with the client's settings. */
  async #loanFrom(pool: PgNodePool, demand: Demand): Promise<Loan> {
    this.#refuseIfAbandoned()
    if (this.#loan?.isBroken === true) this.#drop(true)
    if (this.#loan !== undefined) {
      const isWrong = demand.primaryOnly && pool.roleOf(this.#loan.client) === 'replica'
      if (this.#loan.pool === pool && !isWrong) return this.#loan
      // A connection that calls itself a replica's may only have heard of nothing since: the pool knows how to ask.
      await this.#lendBack()
    }
    const lease = await pool.acquire(demand)
    if (this.#isAbandoned) lease.release()
    this.#refuseIfAbandoned()
    const loan = new Loan(pool, lease, this.#core.baselines, (error) => this.#broke(loan, error))
    this.#take(loan)
    await this.#replaySettings(loan)
    return loan
  }

  async #replaySettings(loan: Loan): Promise<void> {
    if (this.#state.settings.length === 0) return
    try {
      await loan.readBaseline()
      for (const { config, values } of this.#state.settings) await loan.query(config, values, true)
    } catch (error) {
      this.#drop(error)
      throw error
    }
  }

  async #send(loan: Loan, call: PgCall, found: Classification, repeatable: boolean): Promise<unknown> {
    if (found.effects.some((it) => it.kind === 'set')) await loan.readBaseline()
    try {
      const result = await loan.query(this.configOf(call), call.values, repeatable)
      const effects = found.effects.length === 0 ? found.effects : effectsAsTold(found.effects, tagsOf(result))
      this.#state = afterStatement(this.#state, effects, { config: call.config, values: call.values })
      this.#seeTransactionEnd(loan, result)
      return result
    } catch (error) {
      this.#state = afterFailedStatement(this.#state, found.effects)
      this.#afterFailure(loan, error as Error)
      throw error
    }
  }

  /** For a transaction that ended in a way that its text did not tell. */
  #seeTransactionEnd(loan: Loan, result: unknown): void {
    if (this.#state.settingsAtBegin === undefined || loan.isInTransaction) return
    this.#state = afterTransaction(this.#state, tagsOf(result).at(-1) === 'ROLLBACK' ? 'rolled-back' : 'committed')
  }

  #afterFailure(loan: Loan, error: Error): void {
    const { outcome, failure } = this.#core.cluster.judge(error)
    if (outcome !== 'unknown' && failure !== 'connection-lost') return
    if (this.#isHeld(loan)) this.#lost = error
    if (this.#loan === loan) this.#drop(error)
  }

  /**
   * Nobody is told as long as the client can go on elsewhere, its statement too: whoever hears of an error lets go of the
   * client. A cursor that nobody reads from just now has no other way to say that it is lost.
   */
  #broke(loan: Loan, error: Error): void {
    if (this.#loan !== loan) return
    const node = this.#core.cluster.nodes.get(loan.pool.name)
    if (node !== undefined) this.#core.cluster.reportFailure(node, error)
    if (this.#isHeld(loan)) this.#lost = error
    const isLost = this.#lost !== undefined || loan.hasSubmitted
    if (!this.#turns.isTaken) this.#drop(error)
    // Nobody has to listen: whoever uses the client next hears of it.
    if (isLost && this.listenerCount('error') > 0) this.emit('error', error)
  }

  /** An open transaction there is rolled back: whatever it committed would be lost with its node. */
  #refuseFenced(fence: Fence | undefined, loan: Loan): void {
    if (fence === undefined) return
    const error = new ConnectionLostError(loan.pool.name, `${loan.pool.name} ${fenceText(fence)}`)
    this.#lost = error
    this.#drop(error)
    this.#refuseIfUseless(false)
  }

  /** Whoever closes the connection under a read wants it ended, not run elsewhere. */
  get #isAbandoned(): boolean {
    return this.#released && this.#lost !== undefined
  }

  #refuseIfAbandoned(): void {
    if (this.#isAbandoned) throw new Error(RELEASED, { cause: this.#lost })
  }

  #refuseIfUseless(isLate: boolean): void {
    if (isLate) throw new Error('Client was released to the pool and is not queryable')
    if (this.#lost === undefined) return
    throw markOutcome(
      new Error('Client has encountered a connection error and is not queryable', { cause: this.#lost }),
      'not-sent',
    )
  }

  #take(loan: Loan): void {
    this.#loan = loan
    for (const name of PASSED_ON) loan.client.on(name, this.#passOn[name])
  }

  readonly #passOn = {
    notice: (message: unknown) => this.emit('notice', message),
    notification: (message: unknown) => this.emit('notification', message),
    drain: () => this.emit('drain'),
    end: () => this.emit('end'),
  }

  #letGo(): Loan | undefined {
    const loan = this.#loan
    this.#loan = undefined
    if (loan !== undefined) for (const name of PASSED_ON) loan.client.removeListener(name, this.#passOn[name])
    return loan
  }

  /** For good: everything that the client has left on its connection is undone. */
  async #giveBack(): Promise<void> {
    const loan = this.#letGo()
    if (loan === undefined) return
    const what = await loan.giveBack(this.#state)
    if (what.length > 0) this.#core.cluster.publish('sessionStateUndone', { node: loan.pool.name, what })
  }

  /** Until the next statement: nothing holds the client here, and its settings follow it. */
  async #lendBack(): Promise<void> {
    await this.#letGo()?.giveBack(this.#state)
  }

  /** Nothing more runs here, not even what was asked before. */
  #abandon(error: unknown): void {
    this.#lost = error instanceof Error ? error : new Error('the client was released with its connection closed')
    this.#drop(error)
    // What was on its way to a connection may have one by the time its turn is over.
    void this.#turns.inTurn(async () => this.#drop(error)).finally(() => this.#core.clients.remove(this))
  }

  #drop(error: unknown): void {
    this.#letGo()?.drop(error)
  }
}
