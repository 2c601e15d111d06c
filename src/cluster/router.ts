import { UnknownShardError } from '../base/errors.js'
import type { Consistency } from '../model/consistency.js'
import type { Demand, NodePool } from '../model/driver.js'
import type { Classification } from '../model/intent.js'
import { positionText } from '../model/position.js'
import type { Route, RouteReason } from '../model/route.js'
import { isRepeatable, levelOf, mayWrite, type Need, needOf, touchesData } from '../routing/need.js'
import { catchUp } from './catch-up.js'
import { caughtUp } from './caught-up.js'
import { type Choice, pickAllowed, pickFrom, type ShardChoices } from './choices.js'
import type { Call, Errand, RouterParts } from './errand.js'
import { BoundFit, type Fit } from './fit.js'
import { Ground, type Touched } from './ground.js'
import { type Attempt, BEHIND, Journey, type Tries } from './journey.js'
import type { Node } from './node.js'
import { notReached, notShown } from './not-reached.js'
import type { Session } from './session.js'

/** The four demands there are, so that none is made for a statement. */
const DEMANDS = {
  read: { primaryOnly: false, repeatable: true },
  freshRead: { primaryOnly: true, repeatable: true },
  write: { primaryOnly: true, repeatable: false },
  oneShot: { primaryOnly: false, repeatable: false },
} as const satisfies Record<string, Demand>

/** Asks the policy, asks the balancer, runs the statement. What goes wrong after that is the journey's business. */
export class Router<Pool extends NodePool> implements Tries<Pool> {
  readonly parts: RouterParts<Pool>
  readonly #counts: Record<RouteReason, number> = noCounts()
  readonly #isTimed: boolean
  readonly #hasReplicas: boolean
  readonly #isBound: boolean
  readonly #keepsTablesApart: boolean

  constructor(parts: RouterParts<Pool>) {
    this.parts = parts
    this.#isTimed = parts.config.balancer === 'fastest' || typeof parts.config.balancer === 'function'
    this.#keepsTablesApart = parts.config.consistencyScope === 'tables'
    this.#isBound = typeof parts.config.consistency === 'object'
    const { nodes, topology } = parts.config
    this.#hasReplicas = topology !== undefined || nodes.some((node) => node.role !== 'primary')
  }

  /** Statements routed so far, by the reason for their route. */
  get counts(): Readonly<Record<RouteReason, number>> {
    return this.#counts
  }

  /** Runs the statement on the node it belongs to; on another one where that is safe; once, as far as anyone can see. */
  run<Result>(errand: Errand<Pool, Result>): Promise<Result> {
    const need = this.needOf(errand)
    const fit = this.#fitOf(errand, need)
    const node = this.#choose(errand, need, fit)
    if (node === undefined) return new Journey(this, errand, need, this.#shardOf(errand.call), fit).start()
    return this.#try(node, need, fit, 0, errand)
  }

  needOf({ found, call }: Pick<Errand<Pool, unknown>, 'found' | 'call'>): Need {
    const { config, clock } = this.parts
    const { session } = call
    const mayBePinned = session?.hasPins === true && found.route !== 'primary'
    const pinned = mayBePinned ? session.pinFor(config.id, clock.now()) : undefined
    return needOf(found, call.route, pinned, call.consistency ?? session?.consistency ?? config.consistency)
  }

  /** The node for this need, if one may serve right now without asking anybody. */
  #choose(
    errand: Pick<Errand<Pool, unknown>, 'call' | 'found' | 'preferred'>,
    need: Need,
    fit: Fit<Pool> | undefined,
  ): Node<Pool> | undefined {
    if (need.to === 'node') return undefined
    const choices = this.choicesFor(this.#shardOf(errand.call))
    if (need.to === 'primary') {
      if (!this.parts.isSettled() || !this.parts.hold.isIdle) return undefined
      if (this.unshownTo(errand, need) !== undefined) return undefined
      const preferred = choices.primaries.nodes.find((node) => node.name === errand.preferred)
      return preferred ?? pickFrom(choices.primaries, this.parts.primaryBalancer)
    }
    const replica = this.pickFit(choices.replicas, fit, errand.preferred)
    return replica ?? (this.#hasReplicas ? undefined : pickFrom(choices.primaries, this.parts.primaryBalancer))
  }

  /** What the session stands on, if it has seen what the primary may not show yet. */
  unshownTo({ call, found }: Pick<Errand<Pool, unknown>, 'call' | 'found'>, need: Need): Ground<Pool> | undefined {
    if (call.session === undefined || !leadsToData(found)) return undefined
    const level = this.levelOf(call, need)
    const ground = level === 'session' || level === 'strong' ? this.groundIn(call) : undefined
    return ground?.isShown === false ? ground : undefined
  }

  /** One of these replicas that shows what the read must see. */
  pickFit(choice: Choice<Pool>, fit: Fit<Pool> | undefined, preferred: string | undefined): Node<Pool> | undefined {
    if (fit === undefined) {
      const held = preferred === undefined ? undefined : choice.nodes.find((node) => node.name === preferred)
      return held ?? pickFrom(choice, this.parts.balancer)
    }
    fit.prepare()
    return pickAllowed(choice, fit, preferred ?? fit.preferred, this.parts.balancer)
  }

  /** @throws {UnknownShardError} */
  choicesFor(shard: string | undefined): ShardChoices<Pool> {
    const choices = this.parts.choices().of(shard)
    if (choices !== undefined) return choices
    // The topology has not told its nodes yet.
    if (shard === undefined && this.parts.config.topology !== undefined) return NOBODY
    const shards = [...new Set(this.parts.config.nodes.map((node) => node.shard ?? '(none)'))].join(', ')
    throw new UnknownShardError(
      shard === undefined
        ? `no shard was chosen, and there is no defaultShard; there are ${shards}`
        : `no shard ${shard}; there are ${shards}`,
      [],
    )
  }

  /** One try on one node, counted. Rejects with what went wrong, untouched. */
  attempt<Result>(attempt: Attempt<Pool>, errand: Errand<Pool, Result>): Promise<Result> {
    return this.#try(attempt.node, attempt.need, attempt.fit, attempt.waitedMs, errand, rethrow)
  }

  /**
   * One promise for the whole try, and nothing made that is not needed: this runs for every statement.
   *
   * @param failed by default, a journey begins.
   */
  #try<Result>(
    node: Node<Pool>,
    need: Need,
    fit: Fit<Pool> | undefined,
    waitedMs: number,
    errand: Errand<Pool, Result>,
    failed?: (error: Error) => Promise<Result>,
  ): Promise<Result> {
    const { found, call, send } = errand
    this.#counts[need.reason]++
    if (this.parts.isFollowed()) this.parts.publish('routed', this.routeTo({ node, need, fit, waitedMs }, found))
    const startedMs = this.parts.clock.now()
    node.began()
    const ground = call.session === undefined ? undefined : (groundOf(fit) ?? this.#groundFor(errand, need))
    ground?.footing.began(node.name)
    const { life } = node.progress
    return send(node.pool, fit === undefined ? demandOf(need, found) : demandWhile(node, need, found)).then(
      (result) => {
        node.ended(true)
        if (this.#isTimed) node.took(this.parts.clock.now() - startedMs)
        if (mayWrite(found)) this.#noteWritten(errand)
        if (call.session !== undefined) this.#noteEnd(node, life, errand, ground)
        return result
      },
      (error: Error) => {
        node.ended(false)
        ground?.footing.ended(node.name)
        if (mayWrite(found)) this.#noteWritten(errand)
        if (failed !== undefined) return failed(error)
        return new Journey(this, errand, need, this.#shardOf(call), fit).goOnAfter(node, error, startedMs)
      },
    )
  }

  #noteEnd(node: Node<Pool>, life: number, errand: Errand<Pool, unknown>, ground: Ground<Pool> | undefined): void {
    ground?.footing.ended(node.name)
    if (errand.found.intent !== 'write' && touchesData(errand.found)) ground?.noteRead(node, life, errand.found.tables)
  }

  /** It has ended, well or not. */
  #noteWritten({ call, found }: Errand<Pool, unknown>): void {
    this.noteWrite(call, found.tables)
    if (this.#keepsTablesApart) this.parts.noteDefinition(found)
  }

  /** A write of this session has ended, well or not: from now on its reads must see it. */
  noteWrite(call: Call, tables: Touched): void {
    if (call.session === undefined) return
    const { id, stickyMs } = this.parts.config
    if (stickyMs !== undefined) call.session.holdAfterWrite(id, stickyMs, this.parts.clock.now())
    // Where reads do not look at positions, one is asked for when a call wants it after all.
    const isWanted = (call.session.consistency ?? this.parts.config.consistency) === 'session'
    this.groundIn(call)?.noteWrite(isWanted, tables)
  }

  /** What the session of this call stands on; `undefined`: there is none, or nothing to tell apart. */
  groundIn(call: Pick<Call, 'shard' | 'session'>): Ground<Pool> | undefined {
    if (!this.#hasReplicas || call.session === undefined) return undefined
    return call.session.groundIn(this.parts.config.id, this.#shardOf(call), this.#newGround)
  }

  /** Whether replicas show all that the session must see, in every shard, or will within `waitMs`. */
  async caughtUp(session: Session, waitMs: number): Promise<boolean> {
    if (!this.#hasReplicas) return true
    const own = this.#shardOf({ shard: undefined, session })
    const shards = [...new Set([own, ...session.shardsIn(this.parts.config.id)])]
    const known = shards.filter((shard) => this.parts.choices().of(shard) !== undefined)
    const answers = known.map((shard) => {
      const ground = this.groundIn({ shard, session })
      return ground === undefined || caughtUp(ground, shard, waitMs, this.parts)
    })
    return (await Promise.all(answers)).every(Boolean)
  }

  readonly #newGround = (shard: string | undefined, session: Session): Ground<Pool> => {
    if (session.tokenProblem !== undefined) this.parts.publish('tokenRefused', { problem: session.tokenProblem })
    return new Ground(this.parts.historyOf(shard), this.parts.publish, this.#keepsTablesApart)
  }

  /** @throws {ConsistencyError} */
  async catchUpOn(node: Node<Pool>, errand: Pick<Errand<Pool, unknown>, 'call' | 'found'>): Promise<void> {
    if (node.role === 'primary') return this.#waitUntilShown(errand)
    const fit = node.role === 'replica' && errand.found.intent !== 'write' ? this.#fitOf(errand, READ) : undefined
    if (fit === undefined) return
    fit.prepare()
    if (fit.allows(node)) return
    const { clock, config, askPosition } = this.parts
    const isThere =
      (await fit.learn(config.waitMs)) && (await catchUp([node], fit, config.waitMs, { clock, askPosition }))
    if (!isThere) throw notReached(fit, this.parts.view(), config.waitMs)
  }

  /** @throws {ConsistencyError} */
  async #waitUntilShown(errand: Pick<Errand<Pool, unknown>, 'call' | 'found'>): Promise<void> {
    const ground = this.unshownTo(errand, this.needOf(errand))
    if (ground === undefined) return
    const { clock, config } = this.parts
    const fromMs = clock.now()
    if (await ground.waitUntilShown(Math.max(config.waitMs, config.holdWritesMs))) return
    throw notShown(clock.now() - fromMs)
  }

  /** What a replica must show for this read; `undefined`: anything. */
  #fitOf({ call, found }: Pick<Errand<Pool, unknown>, 'call' | 'found'>, need: Need): Fit<Pool> | undefined {
    if (need.to !== 'replica' || !this.#hasReplicas || need.reason === 'session-state') return undefined
    if (call.session === undefined && call.consistency === undefined && !this.#isBound) return undefined
    if (!leadsToData(found)) return undefined
    const level = this.levelOf(call, need)
    if (level === 'eventual' || level === 'strong') return undefined
    if (level === 'session') return this.groundIn(call)?.for(found.tables)
    return new BoundFit(level, this.parts.historyOf(this.#shardOf(call)))
  }

  /** A session sees what it sees, wherever the read was sent by other reasons. */
  #groundFor({ call, found }: Errand<Pool, unknown>, need: Need): Ground<Pool> | undefined {
    if (found.intent === 'write' || !touchesData(found) || call.session === undefined) return undefined
    return this.levelOf(call, need) === 'eventual' ? undefined : this.groundIn(call)
  }

  levelOf(call: Call, need: Need): Consistency {
    const isReader = call.route === 'reader'
    return levelOf(need, call.consistency, isReader, call.session?.consistency, this.parts.config.consistency)
  }

  /** Where the statement would go, and why. Sends nothing, and waits for nobody. */
  explain(errand: Pick<Errand<Pool, unknown>, 'found' | 'call'>): Route | undefined {
    const need = this.needOf(errand)
    const fit = this.#fitOf(errand, need)
    const chosen =
      need.node === undefined
        ? this.#choose({ ...errand, preferred: undefined }, need, fit)
        : this.parts.node(need.node)
    const choices = this.choicesFor(this.#shardOf(errand.call))
    const node = chosen ?? pickFrom(choices.primaries, this.parts.primaryBalancer)
    if (node === undefined) return undefined
    const isBehind = chosen === undefined && need.to === 'replica' && choices.replicas.nodes.length > 0
    return this.routeTo({ node, need: isBehind ? BEHIND : need, fit, waitedMs: 0 }, errand.found)
  }

  routeTo({ node, need, fit, waitedMs }: Attempt<Pool>, found: Classification): Route {
    const { intent, reason: because, detail, at } = found
    const reason = need.reason === 'read' && node.role === 'primary' ? 'no-replica' : need.reason
    return { node: node.name, role: node.role, intent, reason, because, detail, at, consistency: recordOf() }

    function recordOf(): Route['consistency'] {
      if (fit === undefined) return undefined
      const { position } = node.progress
      const reached = position === undefined ? undefined : positionText(position)
      const record = { level: fit.level, mustSee: fit.wanted, reached, waitedMs: Math.round(waitedMs) }
      return found.tables === undefined ? record : { ...record, tables: found.tables }
    }
  }

  #shardOf(call: Pick<Call, 'shard' | 'session'>): string | undefined {
    return call.shard ?? call.session?.shard ?? this.parts.config.defaultShard
  }
}

/** Not what only sets something. */
function leadsToData(found: Classification): boolean {
  return touchesData(found) || found.effects.some((it) => it.kind === 'begin')
}

function demandOf(need: Need, found: Classification): Demand {
  if (isRepeatable(found)) return need.to === 'primary' ? DEMANDS.freshRead : DEMANDS.read
  return need.to === 'primary' ? DEMANDS.write : DEMANDS.oneShot
}

/** Not sent if the node has begun another life by then: it may show less than when it was chosen. */
function demandWhile(node: Node, need: Need, found: Classification): Demand {
  if (need.to === 'replica' && isRepeatable(found)) return node.readInThisLife
  const { life } = node.progress
  return { ...demandOf(need, found), stillHolds: () => node.progress.life === life }
}

function groundOf<Pool extends NodePool>(fit: Fit<Pool> | undefined): Ground<Pool> | undefined {
  return fit instanceof Ground ? fit : undefined
}

const NOBODY = { primaries: { views: [], nodes: [] }, replicas: { views: [], nodes: [] } } as const

const READ: Need = { to: 'replica', node: undefined, reason: 'connection-pinned' }

function rethrow(error: Error): Promise<never> {
  return Promise.reject(error)
}

function noCounts(): Record<RouteReason, number> {
  return {
    read: 0,
    write: 0,
    'session-wrote': 0,
    'session-pinned': 0,
    'connection-pinned': 0,
    'session-state': 0,
    hint: 0,
    call: 0,
    'no-replica': 0,
    strong: 0,
    behind: 0,
    'refused-before': 0,
  }
}
