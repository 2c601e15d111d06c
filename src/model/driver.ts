import type { NodeConfig } from './config.js'
import type { Judgement } from './judgement.js'
import type { Role } from './view.js'

/** What a request needs of the connection that will carry it. */
export interface Demand {
  /** A connection known to be on a replica must not carry it: a write, or a read that must see the latest. */
  readonly primaryOnly: boolean
  /** It can be given up and run again elsewhere, whatever has become of it: a read. */
  readonly repeatable: boolean
  /** Asked when a connection was found, before anything is sent: `false` if the choice of this node no longer holds. */
  readonly stillHolds?: (() => boolean) | undefined
}

/** What a node pool tells its owner, as soon as it knows. */
export interface NodeReports {
  /** The server said what it is: at connect, with a pushed parameter, or in answer to a probe. */
  roleReported(role: Role): void
  /** An idle connection broke. Its pool has already dropped it. */
  idleConnectionLost(error: Error): void
  /** The connection for our own questions broke while none was asked. */
  monitorConnectionLost(): void
}

/** The connections to one node. `Request` and `Result` are the driver's own. */
export interface NodePool<Request = unknown, Result = unknown> {
  /**
   * Takes a connection, sends the request, gives the connection back.
   *
   * @throws {WrongRoleError} nothing was sent: the connection says it is on a replica, and the demand is `primaryOnly`.
   * @throws {ChoiceOverError} nothing was sent: `demand.stillHolds` said no.
   * @throws whatever the driver or the server says, untouched. `Driver.judge` reads it.
   */
  run(request: Request, demand: Demand): Promise<Result>
  /**
   * Rows of a short query for Sluice's own use, on a connection that no statement waits for.
   *
   * @throws when the answer takes longer than `timeoutMs`, or never comes.
   */
  ask(text: string, timeoutMs: number): Promise<readonly unknown[]>
  /** The same on a connection of its own, for one that takes its time. */
  askAtLeisure(text: string, timeoutMs: number): Promise<readonly unknown[]>
  /** Gives up requests under way and drops their connections: the repeatable ones, or all. They reject with `error`. */
  abandon(which: 'repeatable' | 'all', error: Error): void
  /** Connections open, open and unused, and callers waiting for one. */
  readonly total: number
  readonly idle: number
  readonly waiting: number
  /** Requests under way that cannot be run again elsewhere, and open transactions. */
  readonly unfinished: number
  /** Waits for requests under way, then closes every connection. */
  close(): Promise<void>
}

/** One way to reach one kind of server. What `sluice` calls a custom driver is an object of this shape. */
export interface Driver<Pool extends NodePool = NodePool, Options = unknown> {
  open(node: NodeConfig<Options>, reports: NodeReports): Pool
  judge(error: unknown): Judgement
}
