import { NoPrimaryError, NoReplicaError, type Refusal, UnknownNodeError } from '../base/errors.js'
import { markOutcome } from '../base/outcome.js'
import type { NodePool } from '../model/driver.js'
import { canServe } from '../model/health.js'
import type { Judgement } from '../model/judgement.js'
import { afterFailure, outcomeAfter } from '../routing/after-failure.js'
import { isRepeatable, type Need } from '../routing/need.js'
import { refusalsIn } from '../routing/policy.js'
import { catchUp } from './catch-up.js'
import { type Choice, pickFrom, type ShardChoices, without } from './choices.js'
import type { Errand, RouterParts } from './errand.js'
import type { Fit } from './fit.js'
import type { Ground } from './ground.js'
import type { Wait, WaitsFor } from './hold.js'
import type { Node } from './node.js'
import { notReached, notShown } from './not-reached.js'

/** What a journey asks of the router. */
export interface Tries<Pool extends NodePool> {
  readonly parts: RouterParts<Pool>
  choicesFor(shard: string | undefined): ShardChoices<Pool>
  pickFit(choice: Choice<Pool>, fit: Fit<Pool> | undefined, preferred: string | undefined): Node<Pool> | undefined
  attempt<Result>(attempt: Attempt<Pool>, errand: Errand<Pool, Result>): Promise<Result>
  unshownTo(errand: Errand<Pool, unknown>, need: Need): Ground<Pool> | undefined
}

/** One try: where, why, and what was known. */
export interface Attempt<Pool extends NodePool> {
  readonly node: Node<Pool>
  readonly need: Need
  /** What a replica had to show; `undefined`: anything. */
  readonly fit: Fit<Pool> | undefined
  readonly waitedMs: number
}

export const BEHIND: Need = { to: 'replica', node: undefined, reason: 'behind' }
const BEHIND_ON_PRIMARY: Need = { to: 'primary', node: undefined, reason: 'behind' }
/** So long a read waits for the primary before it looks at the replicas again. */
const SHOWN_SLICE_MS = 50

/** Whoever ends a session because of its statement has seen that run. */
const LONG_READ_MS = 250
const NO_REPLICA: Need = { to: 'replica', node: undefined, reason: 'no-replica' }

/**
 * One statement's way when its first node was not there or failed it. It ends: all nodes are asked at most once, and no
 * node is tried again but after it has answered that it is well.
 */
export class Journey<Pool extends NodePool, Result> {
  readonly #router: Tries<Pool>
  readonly #errand: Errand<Pool, Result>
  readonly #shard: string | undefined
  #deadlineMs: number
  readonly #tried = new Set<Node<Pool>>()
  readonly #fit: Fit<Pool> | undefined
  #need: Need
  #hasAsked = false
  #hasChosenAgain = false
  #hasWaited = false
  #waitedMs = 0
  /** The primary shows what the session had seen when the journey began. */
  #hasBeenShown = false
  #unshownSinceMs: number | undefined
  /** It has its place among the reads on the primary, for as many tries as it takes. */
  #hasPlace = false
  /** Since when it has waited for a primary, all in all. */
  #heldSinceMs: number | undefined
  #lastWait: Wait = 'over'
  /** Its turn has come, and others wait until it is done. */
  #isLetGo = false
  #last: { readonly node: Node<Pool>; readonly error: Error } | undefined
  /** The replica that refused the statement, while the primary is trying it. */
  #refusedBy: Node<Pool> | undefined

  constructor(
    router: Tries<Pool>,
    errand: Errand<Pool, Result>,
    need: Need,
    shard: string | undefined,
    fit: Fit<Pool> | undefined,
  ) {
    this.#router = router
    this.#errand = errand
    this.#need = need
    this.#shard = shard
    this.#fit = fit
    this.#deadlineMs = router.parts.clock.now() + router.parts.config.acquireTimeoutMs
  }

  async start(): Promise<Result> {
    if (this.#need.to === 'node') return this.#tryNamed(this.#need.node ?? '')
    const { primaries, replicas } = this.#router.choicesFor(this.#shard)
    if (this.#need.to === 'replica') return this.#startRead(without(replicas, this.#tried))
    if (!this.#router.parts.isSettled() && !this.#hasAsked) return this.#askAndStartAgain()
    if (this.#mustQueue()) return this.#waitForPrimary('primary')
    const primary = pickFrom(without(primaries, this.#tried), this.#router.parts.primaryBalancer)
    if (primary === undefined) return this.#askAndStartAgain()
    const unshown = this.#unshown()
    if (unshown !== undefined) return this.#waitUntilShown(unshown, this.#holdMs)
    return this.#try(primary)
  }

  /** What the session stands on, if the primary may not show all of that yet. */
  #unshown(): Ground<Pool> | undefined {
    return this.#hasBeenShown ? undefined : this.#router.unshownTo(this.#errand, this.#need)
  }

  /** The primary must not answer before it shows what replicas have shown the session. */
  async #waitUntilShown(ground: Ground<Pool>, waitMs: number): Promise<Result> {
    const { clock } = this.#router.parts
    const fromMs = clock.now()
    this.#unshownSinceMs ??= fromMs
    this.#hasBeenShown = await ground.waitUntilShown(waitMs)
    const nowMs = clock.now()
    this.#waitedMs += nowMs - fromMs
    this.#deadlineMs += nowMs - fromMs
    if (this.#hasBeenShown) return this.start()
    if (nowMs - this.#unshownSinceMs >= this.#holdMs) throw notShown(nowMs - this.#unshownSinceMs)
    // A read: perhaps a replica shows enough by now.
    this.#hasWaited = false
    return this.start()
  }

  get #holdMs(): number {
    const { waitMs, holdWritesMs } = this.#router.parts.config
    return Math.max(waitMs, holdWritesMs)
  }

  async #startRead(candidates: Choice<Pool>): Promise<Result> {
    if (candidates.nodes.length === 0) return this.#fallBack(NO_REPLICA)
    const replica = this.#router.pickFit(candidates, this.#fit, undefined)
    if (replica !== undefined) return this.#try(replica)
    if (!this.#hasWaited && this.#fit !== undefined) return this.#waitFor(this.#fit, candidates)
    if (this.#router.parts.config.whenBehind === 'fail') throw this.#behind()
    return this.#fallBack(BEHIND)
  }

  /** None of the replicas is known to show what the read must see: perhaps one is about to. */
  async #waitFor(fit: Fit<Pool>, candidates: Choice<Pool>): Promise<Result> {
    const { clock, config, askPosition } = this.#router.parts
    this.#hasWaited = true
    const fromMs = clock.now()
    const waitMs = Math.min(config.waitMs, Math.max(0, this.#deadlineMs - fromMs))
    if (await fit.learn(waitMs)) {
      await catchUp(candidates.nodes, fit, waitMs, { clock, askPosition })
    }
    this.#waitedMs = clock.now() - fromMs
    return this.start()
  }

  /** Decides what to do about a failed try that was begun then. */
  async goOnAfter(node: Node<Pool>, error: Error, startedMs: number): Promise<Result> {
    const { parts } = this.#router
    const { found, call } = this.#errand
    const judgement = parts.judge(error)
    const livesOn = this.#mayBeMeant(judgement, startedMs) ? parts.livesOn(node) : undefined
    parts.reportFailure(node, judgement, error)
    // The node is well, and may be chosen again, once, by what is known of it now.
    if (judgement.failure === 'choice-over' && !this.#hasChosenAgain) this.#hasChosenAgain = true
    else this.#tried.add(node)
    this.#last = { node, error }
    const attempt = {
      ...{ need: this.#need.to, role: node.role, repeatable: isRepeatable(found) },
      ...{ atomic: parts.isAtomic(found), idempotent: call.isIdempotent === true },
    }
    const step = parts.clock.now() > this.#deadlineMs ? 'give-up' : afterFailure(judgement, attempt)
    // Not the server is stopping: somebody ended this one session, and wants it ended.
    const isMeant = (step === 'elsewhere' || step === 'find-primary') && (await livesOn) === true
    switch (isMeant ? 'give-up' : step) {
      case 'elsewhere':
        return this.start()
      case 'primary':
        if (judgement.failure === 'not-there-yet') return this.#askThePrimary(error)
        this.#refusedBy = node
        this.#need = { to: 'primary', node: undefined, reason: 'refused-before' }
        return this.start()
      case 'find-primary':
        return this.#askAndStartAgain()
      case 'give-up':
        throw markOutcome(error, outcomeAfter(judgement, attempt))
    }
  }

  /** The server took leave of the session: perhaps because of this very statement. A read that had just begun may only have met it. */
  #mayBeMeant({ failure, outcome }: Judgement, startedMs: number): boolean {
    if (failure !== 'connection-lost' || outcome !== 'refused') return false
    return !isRepeatable(this.#errand.found) || this.#router.parts.clock.now() - startedMs >= LONG_READ_MS
  }

  /** A replica that has not replayed yet what made a table does not know it. Its error stands where no primary can tell. */
  #askThePrimary(error: Error): Promise<Result> {
    const { primaries } = this.#router.choicesFor(this.#shard)
    if (primaries.nodes.length === 0 || this.#router.parts.budget.isClosed) throw markOutcome(error, 'refused')
    this.#need = BEHIND_ON_PRIMARY
    return this.start()
  }

  async #try(node: Node<Pool>): Promise<Result> {
    const failed = this.#last
    if (failed !== undefined) {
      failed.node.counts.retriedElsewhere++
      const because = this.#router.parts.judge(failed.error).failure
      this.#router.parts.publish('statementRetried', {
        from: failed.node.name,
        to: node.name,
        because,
        error: failed.error,
      })
    }
    let result: Result
    const startedMs = this.#router.parts.clock.now()
    try {
      const attempt = { node, need: this.#need, fit: this.#fit, waitedMs: this.#waitedMs }
      result = await this.#router.attempt(attempt, this.#errand)
    } catch (error) {
      return this.goOnAfter(node, error as Error, startedMs)
    }
    if (this.#refusedBy !== undefined) this.#learn(this.#refusedBy)
    return result
  }

  #learn(refusedBy: Node<Pool>): void {
    const { parts } = this.#router
    const fingerprint = parts.learnRefusal(this.#errand.text)
    parts.publish('statementMisjudged', { fingerprint, node: refusedBy.name, because: this.#errand.found.reason })
  }

  async #tryNamed(name: string): Promise<Result> {
    const { parts } = this.#router
    const node = parts.node(name)
    if (node === undefined) {
      const names = parts.config.nodes.map((it) => it.name).join(', ')
      throw new UnknownNodeError(`no node is called ${name}; there are ${names}`, [])
    }
    if (!canServe(node.health) || node.fence !== undefined) throw this.#nobody()
    const unshown = node.role === 'primary' ? this.#unshown() : undefined
    if (unshown !== undefined) return this.#waitUntilShown(unshown, this.#holdMs)
    return this.#try(node)
  }

  /** No replica is left that will do: the primary serves reads too, as far as its budget goes. */
  async #fallBack(need: Need): Promise<Result> {
    const { parts } = this.#router
    const primaries = without(this.#router.choicesFor(this.#shard).primaries, this.#tried)
    const primary = pickFrom(primaries, parts.primaryBalancer)
    // Not the primary any more: the session has seen a later timeline than its own.
    const isOutdated = this.#fit?.isAheadOfPrimary === true
    if (primary === undefined || parts.budget.isClosed || isOutdated) return this.#askAndStartAgain()
    const unshown = this.#unshown()
    if (unshown !== undefined) return this.#waitUntilShown(unshown, Math.max(parts.config.waitMs, SHOWN_SLICE_MS))
    if (this.#hasPlace) return this.#try(primary)
    this.#publishFallBack(need, primary)
    await parts.budget.enter(primary.name, Math.max(0, this.#deadlineMs - parts.clock.now()))
    this.#hasPlace = true
    try {
      this.#need = need
      return await this.#try(primary)
    } finally {
      this.#hasPlace = false
      parts.budget.leave()
    }
  }

  #publishFallBack(need: Need, primary: Node<Pool>): void {
    const { publish } = this.#router.parts
    if (need === NO_REPLICA || this.#fit === undefined) {
      return publish('readFellBack', { to: primary.name, refusals: this.#refusals('replica') })
    }
    const { level, wanted: mustSee } = this.#fit
    publish('readWasAhead', { to: primary.name, level, mustSee, waitedMs: Math.round(this.#waitedMs) })
  }

  /** Nobody can serve as far as we know: ask all nodes once, and look again; then wait for a primary. */
  async #askAndStartAgain(): Promise<Result> {
    const { parts } = this.#router
    if (this.#hasAsked) return this.#waitForPrimary(this.#whatWouldDo())
    this.#hasAsked = true
    this.#hasBeenShown = false
    await parts.askAll(Math.max(0, this.#deadlineMs - parts.clock.now()), () => this.#isFound())
    this.#hasWaited = false
    for (const node of this.#tried) if (node.health.state === 'up') this.#tried.delete(node)
    return this.start()
  }

  /** A primary that has not failed us: no need to hear of those that are slow to answer. */
  #isFound(): boolean {
    const { primaries } = this.#router.choicesFor(this.#shard)
    return this.#router.parts.isSettled() && without(primaries, this.#tried).nodes.length > 0
  }

  /** Others wait already, or writes are paused; reads may go on then. */
  #mustQueue(): boolean {
    const { hold } = this.#router.parts
    if (hold.isIdle || this.#isLetGo) return false
    return hold.isPaused ? !isRepeatable(this.#errand.found) : hold.hasLine(this.#shard)
  }

  /** `undefined`: no wait would help. */
  #whatWouldDo(): WaitsFor | undefined {
    const { parts } = this.#router
    const isRead = this.#need.to === 'replica'
    if (!parts.mayHavePrimary(this.#shard) || (isRead && parts.budget.isClosed)) return undefined
    const { primaries } = this.#router.choicesFor(this.#shard)
    if (primaries.nodes.length === 0) return isRead && this.#fit === undefined ? 'any' : 'primary'
    const isEndpoint = this.#last?.node.config.neverEject === true && !isRead
    return isEndpoint ? 'next-round' : undefined
  }

  /** Waits for its turn on a primary, in all for no longer than `holdWritesMs`. */
  async #waitForPrimary(waitsFor: WaitsFor | undefined): Promise<Result> {
    const { clock, config, hold } = this.#router.parts
    this.#leave()
    if (waitsFor === undefined || config.holdWritesMs === 0) throw this.#nobody()
    this.#heldSinceMs ??= clock.now()
    this.#lastWait = await hold.enter(this.#shard, waitsFor, this.#heldSinceMs + config.holdWritesMs)
    if (this.#lastWait !== 'over') throw this.#nobody()
    this.#isLetGo = true
    this.#hasAsked = false
    this.#hasBeenShown = false
    this.#hasWaited = false
    this.#tried.clear()
    this.#deadlineMs = clock.now() + config.acquireTimeoutMs
    try {
      return await this.start()
    } finally {
      this.#leave()
    }
  }

  #leave(): void {
    if (!this.#isLetGo) return
    this.#isLetGo = false
    this.#router.parts.hold.leave(this.#shard)
  }

  /** What to throw when no node is left. What a server said about the statement is worth more than our own words. */
  #nobody(): Error {
    const last = this.#last?.error
    const outcome = last === undefined ? 'not-sent' : this.#router.parts.judge(last).outcome
    if (last !== undefined && outcome !== 'not-sent') return markOutcome(last, outcome)
    const cause = last === undefined ? undefined : { cause: last }
    if (this.#fit !== undefined && this.#hasWaited) return this.#behind()
    if (this.#need.to === 'primary') {
      return new NoPrimaryError(
        `no primary can take ${this.#what()}${this.#howLong()}`,
        this.#refusals('primary'),
        cause,
      )
    }
    return new NoReplicaError(`no node can take the read${this.#howLong()}`, this.#refusals('replica'), cause)
  }

  /** Not its text, which may hold what nobody shall read in a log. */
  #what(): string {
    const { intent, effects } = this.#errand.found
    if (effects.some((it) => it.kind === 'begin')) return 'the transaction'
    if (intent === 'read') return `the read (${this.#need.reason})`
    return intent === 'write' ? 'the write' : 'the statement'
  }

  #howLong(): string {
    const { clock, config, hold } = this.#router.parts
    if (this.#lastWait === 'too-many') return `, and ${config.maxHeldWrites} others wait for one already`
    if (this.#lastWait === 'closed') return ', and the pool was ended'
    if (this.#heldSinceMs === undefined) return ''
    const heldMs = Math.round(clock.now() - this.#heldSinceMs)
    return hold.isPaused
      ? `: writes have been paused for longer than the ${heldMs} ms that it waited`
      : `; it waited ${heldMs} ms`
  }

  #behind(): Error {
    return notReached(this.#fit, this.#router.parts.view(), this.#waitedMs)
  }

  #refusals(wanted: 'primary' | 'replica'): readonly Refusal[] {
    const known = refusalsIn(this.#router.parts.view(), wanted, this.#shard)
    const last = this.#last
    return known.map((it) =>
      it.node === last?.node.name ? { node: it.node, why: `failed: ${last.error.message}` } : it,
    )
  }
}
