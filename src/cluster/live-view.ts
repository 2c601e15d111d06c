import type { NodePool } from '../model/driver.js'
import type { Judgement } from '../model/judgement.js'
import type { NodeView, View } from '../model/view.js'
import { fencedAmong, type Known, NOTHING_KNOWN } from '../routing/fencing.js'
import { Choices } from './choices.js'
import type { Node } from './node.js'

export interface LiveViewParts<Pool extends NodePool> {
  readonly nodes: () => ReadonlyMap<string, Node<Pool>>
  /** Those that finish what they have, and are gone then. */
  readonly leaving: () => Iterable<Node<Pool>>
  readonly judge: (error: unknown) => Judgement
  /** Called after every change. */
  readonly changed: () => void
}

/** The view of now, and what follows from it. Swapped whenever something is learned; the only place where it changes. */
export class LiveView<Pool extends NodePool> {
  readonly #parts: LiveViewParts<Pool>
  /** What was known before counts too: an old primary is one also while nobody else is there. */
  readonly #known = new Map<string | undefined, Known>()
  #view: View = { version: 0, nodes: [] }
  #choices: Choices<Pool>
  #isSettled = false
  /** Our role may write: a primary that does not let it is being replaced, or is not ready yet. */
  #mayWrite = false

  constructor(parts: LiveViewParts<Pool>) {
    this.#parts = parts
    this.#choices = new Choices(this.#view, new Map())
  }

  get now(): View {
    return this.#view
  }

  get choices(): Choices<Pool> {
    return this.#choices
  }

  /** Every node has answered once, or failed to. Before that, nobody can tell an old primary from the present one. */
  get isSettled(): boolean {
    return this.#isSettled
  }

  /** Swaps in a new picture of the nodes. */
  look(): void {
    const version = this.#view.version + 1
    const nodes = this.#parts.nodes()
    const views = [...nodes.values(), ...this.#parts.leaving()].map((node) => node.view())
    this.#fence(views)
    this.#mayWrite ||= [...nodes.values()].some((node) => node.takesWrites)
    this.#view = { version, nodes: views.map((it) => this.#judged(it, nodes)) }
    this.#choices = new Choices(this.#view, nodes)
    this.#isSettled ||= nodes.size > 0 && [...nodes.values()].every((it) => it.wasAsked)
    this.#parts.changed()
  }

  #judged(view: NodeView, nodes: ReadonlyMap<string, Node<Pool>>): NodeView {
    const node = nodes.get(view.name)
    // From an old primary that nobody believes any more, perhaps.
    const isOnOld = (node?.receivedTimeline ?? Infinity) < (this.#known.get(view.shard)?.timeline ?? 0)
    return {
      ...view,
      fence: node?.fence,
      isReadOnly: view.isReadOnly && this.#mayWrite,
      isReceiving: isOnOld ? false : view.isReceiving,
    }
  }

  /** The one primary whose position counts: with several, no position of one covers the writes of another. */
  writerOf(shard: string | undefined): Node<Pool> | undefined {
    const writers = this.#choices.of(shard)?.primaries.nodes ?? []
    return writers.length === 1 ? writers[0] : undefined
  }

  /** Any that is believed, in whatever shard. */
  primary(): Node<Pool> | undefined {
    const primary = this.#view.nodes.find(
      (it) => it.role === 'primary' && it.health.state !== 'down' && it.fence === undefined,
    )
    return primary === undefined ? undefined : this.#parts.nodes().get(primary.name)
  }

  isThere(what: 'primary' | 'any', shard: string | undefined): boolean {
    const choices = this.#choices.of(shard)
    if (choices === undefined) return false
    return choices.primaries.nodes.length > 0 || (what === 'any' && choices.replicas.nodes.length > 0)
  }

  /** Whether it makes sense to wait for a primary: there is a cluster, it may have one, and it is not our mistake that it has none. */
  mayHavePrimary(shard: string | undefined): boolean {
    const its = this.#view.nodes.filter((it) => it.shard === shard)
    const able = its.filter((it) => it.configured !== 'replica' || it.role === 'primary' || it.promotedIn > 0)
    const hasAnswered = its.some((it) => this.#parts.nodes().get(it.name)?.hasAnswered)
    return hasAnswered && able.some((it) => !this.#isOursToMend(it))
  }

  #isOursToMend({ health }: NodeView): boolean {
    const isOut = health.state === 'down' || health.state === 'probing'
    return isOut && this.#parts.judge(health.cause).failure === 'misconfigured'
  }

  #fence(views: readonly NodeView[]): void {
    for (const shard of new Set(views.map((it) => it.shard))) {
      const its = views.filter((it) => it.shard === shard && it.health.state !== 'draining')
      const { fences, known } = fencedAmong(its, this.#known.get(shard) ?? NOTHING_KNOWN)
      this.#known.set(shard, known)
      for (const { name } of its) this.#parts.nodes().get(name)?.setFence(fences.get(name))
    }
  }
}
