/** What the sender knows about the statement. Only `not-sent` may be sent again without asking. */
export type Outcome = 'not-sent' | 'refused' | 'unknown'

/** The root of every error that Sluice itself throws. What the database says passes through unwrapped. */
export abstract class ClusterError extends Error {
  /** Stable, documented in docs/errors.md, safe to compare. The message is for people and may change. */
  abstract readonly code: `ERR_${string}`
  abstract readonly outcome: Outcome
}

/** One broken rule of a configuration. */
export interface ConfigProblem {
  /** Where in the options, such as `replicas[1].weight`. */
  readonly path: string
  /** What must hold there, such as `a whole number of at least 0`. */
  readonly rule: string
  /** The offending value as text, passwords removed. */
  readonly found: string
}

/** A mistake in the program's options. Thrown at creation, naming every problem at once. */
export class ConfigError extends ClusterError {
  override readonly name = 'ConfigError'
  readonly code = 'ERR_CONFIG'
  readonly outcome = 'not-sent'
  readonly problems: readonly ConfigProblem[]

  constructor(problems: readonly ConfigProblem[]) {
    super(problems.map((it) => `${it.path}: ${it.rule}, found ${it.found}`).join('; '))
    this.problems = problems
  }
}

/** Why one node could not serve: its name and the reason in words. */
export interface Refusal {
  readonly node: string
  readonly why: string
}

/** No node may serve the statement. Nothing was sent. */
export abstract class RoutingError extends ClusterError {
  readonly outcome = 'not-sent'
  /** Every node of the cluster and why it was not used. */
  readonly refusals: readonly Refusal[]

  constructor(what: string, refusals: readonly Refusal[], options?: ErrorOptions) {
    super(
      `${what}${refusals.length > 0 ? `: ${refusals.map((it) => `${it.node} ${it.why}`).join(', ')}` : ''}`,
      options,
    )
    this.refusals = refusals
  }
}

export class NoPrimaryError extends RoutingError {
  override readonly name = 'NoPrimaryError'
  readonly code = 'ERR_NO_PRIMARY'
}

export class NoReplicaError extends RoutingError {
  override readonly name = 'NoReplicaError'
  readonly code = 'ERR_NO_REPLICA'
}

/** A node that the call names does not exist in this cluster. */
export class UnknownNodeError extends RoutingError {
  override readonly name = 'UnknownNodeError'
  readonly code = 'ERR_UNKNOWN_NODE'
}

/** A shard that the call names has no node in this cluster. */
export class UnknownShardError extends RoutingError {
  override readonly name = 'UnknownShardError'
  readonly code = 'ERR_UNKNOWN_SHARD'
}

/** One node failed us. */
export abstract class NodeError extends ClusterError {
  readonly node: string

  constructor(node: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.node = node
  }
}

/** Every connection stayed busy, or the budget stayed spent, for as long as the caller was ready to wait. */
export class AcquireTimeoutError extends NodeError {
  override readonly name = 'AcquireTimeoutError'
  readonly code = 'ERR_ACQUIRE_TIMEOUT'
  readonly outcome = 'not-sent'
}

/** The connection was lost, or given up, while a statement was under way: it may or may not have happened. */
export class ConnectionLostError extends NodeError {
  override readonly name = 'ConnectionLostError'
  readonly code = 'ERR_CONNECTION_LOST'
  readonly outcome = 'unknown'
}

/** Used after `close()` or `end()`. */
export class ClosedError extends ClusterError {
  override readonly name = 'ClosedError'
  readonly code = 'ERR_CLOSED'
  readonly outcome = 'not-sent'
}

/** The node turned out to be a replica before a write was sent to it. The router looks for the primary instead. */
export class WrongRoleError extends NodeError {
  override readonly name = 'WrongRoleError'
  readonly code = 'ERR_WRONG_ROLE'
  readonly outcome = 'not-sent'
}

/** The node may show less than when it was chosen: its server was started anew. The router chooses again. */
export class ChoiceOverError extends NodeError {
  override readonly name = 'ChoiceOverError'
  readonly code = 'ERR_CHOICE_OVER'
  readonly outcome = 'not-sent'
}

/** No replica shows yet what a job must see. It was not begun: the queue should try it again, a little later. */
export class JobTooEarlyError extends ClusterError {
  override readonly name = 'JobTooEarlyError'
  readonly code = 'ERR_JOB_TOO_EARLY'
  readonly outcome = 'not-sent'
}

/** No node that may serve the read shows all that it must see, and the primary was not to be asked, or was not there. */
export class ConsistencyError extends RoutingError {
  override readonly name = 'ConsistencyError'
  readonly code = 'ERR_CONSISTENCY'
}
