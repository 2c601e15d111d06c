import type { Clock } from '../base/clock.js'
import type { Balancer } from '../model/balancer.js'
import type { ClusterConfig } from '../model/config.js'
import type { Consistency } from '../model/consistency.js'
import type { Demand, NodePool } from '../model/driver.js'
import type { Publish } from '../model/events.js'
import type { Classification } from '../model/intent.js'
import type { Judgement } from '../model/judgement.js'
import type { View } from '../model/view.js'
import type { CallRoute, ViewRoute } from '../routing/need.js'
import type { PrimaryReadBudget } from './budget.js'
import type { Choices } from './choices.js'
import type { History } from './history.js'
import type { Hold } from './hold.js'
import type { Node } from './node.js'
import type { Session } from './session.js'

/** What the caller of one statement wants, and whose it is. */
export interface Call {
  readonly route: CallRoute | ViewRoute | undefined
  /** What this read may miss; `undefined`: what its session says, or the pool. */
  readonly consistency: Consistency | undefined
  readonly shard: string | undefined
  readonly session: Session | undefined
  /** Its caller says that it may run twice without harm. */
  readonly isIdempotent?: boolean
}

/** One statement to be run: its text, what it needs, and how it is sent. */
export interface Errand<Pool extends NodePool, Result> {
  readonly text: string
  readonly found: Classification
  readonly call: Call
  /** A node that already has a connection for this caller: taken if the policy allows it. */
  readonly preferred: string | undefined
  /** Takes a connection and sends. Must leave nothing behind when it rejects. */
  readonly send: (pool: Pool, demand: Demand) => Promise<Result>
}

/** What the router works with; all of it belongs to the cluster. */
export interface RouterParts<Pool extends NodePool> {
  readonly config: ClusterConfig
  readonly clock: Clock
  readonly balancer: Balancer
  readonly primaryBalancer: Balancer
  readonly budget: PrimaryReadBudget
  readonly publish: Publish
  /** True while somebody wants to hear of every route. */
  readonly isFollowed: () => boolean
  readonly judge: (error: unknown) => Judgement
  readonly view: () => View
  readonly choices: () => Choices<Pool>
  readonly node: (name: string) => Node<Pool> | undefined
  /** A statement found its node in trouble. */
  readonly reportFailure: (node: Node<Pool>, judgement: Judgement, error: Error) => void
  /** The history of writes of a shard. */
  readonly historyOf: (shard: string | undefined) => History<Pool>
  /** Settles with the node's next word on where it stands. */
  readonly askPosition: (node: Node<Pool>) => Promise<void>
  /** Asks every node what it is, at most for `timeoutMs`, or until what is known is enough. */
  readonly askAll: (timeoutMs: number, isEnough?: () => boolean) => Promise<void>
  /** Every node has answered once, or failed to. */
  readonly isSettled: () => boolean
  readonly hold: Hold
  /** Whether waiting for a primary of this shard makes sense. */
  readonly mayHavePrimary: (shard: string | undefined) => boolean
  /** Whether the node lets us in, as what it was, in the same life: asked on a new connection. */
  readonly livesOn: (node: Node<Pool>) => Promise<boolean>
  /** All or nothing: see `Dialect.isAtomic`. */
  readonly isAtomic: (found: Classification) => boolean
  /** A statement has ended that may have defined tables anew. */
  readonly noteDefinition: (found: Classification) => void
  /** A replica refused this text, and the primary took it. @returns the text's fingerprint. */
  readonly learnRefusal: (text: string) => string
}
