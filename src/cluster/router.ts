import { UnknownShardError } from '../base/errors.js'
import type { Demand, NodePool } from '../model/driver.js'
import type { Classification } from '../model/intent.js'
import type { Route, RouteReason } from '../model/route.js'
import { isRepeatable, type Need, needOf } from '../routing/need.js'
import { pickFrom, type ShardChoices } from './choices.js'
import type { Call, Errand, RouterParts } from './errand.js'
import { Journey, type Tries } from './journey.js'
import type { Node } from './node.js'

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

  constructor(parts: RouterParts<Pool>) {
    this.parts = parts
    this.#isTimed = parts.config.balancer === 'fastest' || typeof parts.config.balancer === 'function'
    this.#hasReplicas = parts.config.nodes.some((node) => node.role !== 'primary')
  }

  /** Statements routed so far, by the reason for their route. */
  get counts(): Readonly<Record<RouteReason, number>> {
    return this.#counts
  }

  /** Runs the statement on the node it belongs to; on another one where that is safe; once, as far as anyone can see. */
  run<Result>(errand: Errand<Pool, Result>): Promise<Result> {
    const need = this.needOf(errand)
    const node = this.#preferred(errand, need) ?? this.choose(need, this.#shardOf(errand.call))
    if (node === undefined) return new Journey(this, errand, need, this.#shardOf(errand.call)).start()
    return this.#try(node, need, errand, (error) =>
      new Journey(this, errand, need, this.#shardOf(errand.call)).goOnAfter(node, error),
    )
  }

  needOf(errand: Pick<Errand<Pool, unknown>, 'found' | 'call'>): Need {
    const { found, call } = errand
    const pinned =
      found.route !== 'primary' ? call.session?.pinFor(this.parts.config.id, this.parts.clock.now()) : undefined
    return needOf(found, call.route, pinned)
  }

  /** The node for this need, if one may serve right now without asking anybody. */
  choose(need: Need, shard: string | undefined): Node<Pool> | undefined {
    if (need.to === 'node') return undefined
    const choices = this.choicesFor(shard)
    if (need.to === 'primary') return pickFrom(choices.primaries, this.parts.primaryBalancer)
    const replica = pickFrom(choices.replicas, this.parts.balancer)
    return replica ?? (this.#hasReplicas ? undefined : pickFrom(choices.primaries, this.parts.primaryBalancer))
  }

  /** @throws {UnknownShardError} */
  choicesFor(shard: string | undefined): ShardChoices<Pool> {
    const choices = this.parts.choices().of(shard)
    if (choices !== undefined) return choices
    const shards = [...new Set(this.parts.config.nodes.map((node) => node.shard ?? '(none)'))].join(', ')
    throw new UnknownShardError(
      shard === undefined
        ? `no shard was chosen, and there is no defaultShard; there are ${shards}`
        : `no shard ${shard}; there are ${shards}`,
      [],
    )
  }

  /** One try on one node, counted. Rejects with what went wrong, untouched. */
  attempt<Result>(node: Node<Pool>, need: Need, errand: Errand<Pool, Result>): Promise<Result> {
    return this.#try(node, need, errand, rethrow)
  }

  /** One promise for the whole try: each further one costs as much as all the rest of routing. */
  #try<Result>(
    node: Node<Pool>,
    need: Need,
    errand: Errand<Pool, Result>,
    failed: (error: Error) => Promise<Result>,
  ): Promise<Result> {
    this.#note(node, need, errand.found)
    const startedMs = this.#isTimed ? this.parts.clock.now() : 0
    node.began()
    return errand.send(node.pool, demandOf(need, errand.found)).then(
      (result) => {
        node.ended(true)
        if (this.#isTimed) node.took(this.parts.clock.now() - startedMs)
        if (errand.found.intent === 'write') this.noteWrite(errand.call)
        return result
      },
      (error: Error) => {
        node.ended(false)
        if (errand.found.intent === 'write') this.noteWrite(errand.call)
        return failed(error)
      },
    )
  }

  /** From now on, for a while, this session's reads stay where its writes are. */
  noteWrite(call: Call): void {
    const { id, stickyMs } = this.parts.config
    if (stickyMs !== undefined) call.session?.noteWrite(id, stickyMs, this.parts.clock.now())
  }

  /** Where the statement would go, and why. Sends nothing. */
  explain(errand: Pick<Errand<Pool, unknown>, 'found' | 'call'>): Route | undefined {
    const need = this.needOf(errand)
    const shard = this.#shardOf(errand.call)
    const node =
      (need.node === undefined ? this.choose(need, shard) : this.parts.node(need.node)) ??
      pickFrom(this.choicesFor(shard).primaries, this.parts.primaryBalancer)
    return node === undefined ? undefined : this.routeTo(node, need, errand.found)
  }

  routeTo(node: Node<Pool>, need: Need, found: Classification): Route {
    const { intent, reason: because, detail, at } = found
    const reason = need.to === 'replica' && node.role === 'primary' ? 'no-replica' : need.reason
    return { node: node.name, role: node.role, intent, reason, because, detail, at }
  }

  #preferred(errand: Errand<Pool, unknown>, need: Need): Node<Pool> | undefined {
    if (errand.preferred === undefined || need.to === 'node') return undefined
    const choices = this.choicesFor(this.#shardOf(errand.call))
    const choice = need.to === 'primary' ? choices.primaries : choices.replicas
    return choice.nodes.find((node) => node.name === errand.preferred)
  }

  #note(node: Node<Pool>, need: Need, found: Classification): void {
    this.#counts[need.reason]++
    if (this.parts.isFollowed()) this.parts.publish('routed', this.routeTo(node, need, found))
  }

  #shardOf(call: Call): string | undefined {
    return call.shard ?? call.session?.shard ?? this.parts.config.defaultShard
  }
}

function demandOf(need: Need, found: Classification): Demand {
  if (isRepeatable(found)) return need.to === 'primary' ? DEMANDS.freshRead : DEMANDS.read
  return need.to === 'primary' ? DEMANDS.write : DEMANDS.oneShot
}

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
    'refused-before': 0,
  }
}
