import type { NodeConfig } from '../config/node-config.js'
import { OperationError } from '../errors.js'
import type { ManagedNode } from '../nodes/managed-node.js'
import type { Step } from './step.js'

/** What a cluster shall be. */
export interface ClusterSpec {
  /** The application's database, and its role, which owns it. */
  readonly database: string
  readonly appRole: string
  /** Standbys that must have a commit before it is acknowledged. 0: none. */
  readonly synchronous: number
  /** How a standby is copied; default: as fast as it goes, from a checkpoint made at once. */
  readonly copy?: CopyRule
}

export interface CopyRule {
  /** Megabytes a second, at most. */
  readonly mostMb?: number | undefined
  /** Waits for the primary's next checkpoint, so as not to burden it with one. */
  readonly isGentle?: boolean
}

export interface Secrets {
  /** Of the superuser `postgres`; `undefined`: it needs none, on its own host. */
  readonly admin?: string | undefined
  readonly replication: string
  /** `undefined`: the application's role was there before us, and only its owner knows. */
  readonly app: string | undefined
}

/** What happens while a plan is carried out. */
export type Progress =
  | { readonly what: 'started' | 'done'; readonly step: Step; readonly index: number; readonly ms: number }
  /** `said`: worth keeping. `goes-on`: how far it is, until it says so again. */
  | { readonly what: 'said' | 'goes-on'; readonly step: Step; readonly index: number; readonly text: string }
  | { readonly what: 'failed'; readonly step: Step; readonly index: number; readonly error: OperationError }
  | { readonly what: 'putting-back' }

/** What the steps work with. */
export interface Work {
  readonly spec: ClusterSpec
  readonly secrets: Secrets
  readonly nodes: ReadonlyMap<string, ManagedNode>
  /** What a node should be when it follows `upstream`. */
  readonly configOf: (name: string, upstream: string | undefined) => NodeConfig
  /** Asked before a server is restarted that has clients. */
  readonly mayRestart: (node: string, clients: number) => Promise<boolean>
  /** What is in charge of the cluster, or shall be. */
  readonly engine?: Engine | undefined
  /** Stops it between two steps, or in the midst of one. */
  readonly signal?: AbortSignal
  readonly report: (progress: Progress) => void
}

/** One step's view of it. */
export interface StepWork extends Work {
  readonly node: ManagedNode
  readonly say: (text: string) => void
  /** How far it is. */
  readonly goOn: (text: string) => void
}

/** What promotes by itself, and is asked, never passed over: Patroni. */
export interface Engine {
  /** Its packages, and those of the store in which its members agree. */
  install(work: StepWork): Promise<void>
  /** Has the store run on this node. Returns when it was started: it answers when most of its members are there. */
  startStore(work: StepWork): Promise<void>
  /** Hands this node's server over to it. */
  join(work: StepWork): Promise<void>
  /** Until it says that this node leads, or streams. */
  awaitMember(work: StepWork): Promise<void>
  awaitSynchronous(work: StepWork): Promise<void>
  switchover(work: StepWork, from: string): Promise<void>
  failover(work: StepWork): Promise<void>
  /** Makes this node a standby again, by a fresh copy. */
  reinitialize(work: StepWork): Promise<void>
  /** It lets go of this node's server, and stops it. */
  leave(work: StepWork): Promise<void>
}

export function nodeOf(work: Pick<Work, 'nodes'>, name: string): ManagedNode {
  const node = work.nodes.get(name)
  if (node === undefined) {
    const names = [...work.nodes.keys()].join(', ')
    throw new OperationError('find a node', `there is no ${name}; there are ${names}`)
  }
  return node
}

/** @throws {OperationError} there is none: a plan for one was carried out without it. */
export function engineOf({ engine }: Work): Engine {
  if (engine !== undefined) return engine
  throw new OperationError('find the engine', 'this cluster has none')
}
