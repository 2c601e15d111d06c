import type { NodeConfig } from '../config/node-files.js'
import { OperationError } from '../errors.js'
import type { ManagedNode } from '../nodes/managed-node.js'
import type { Step } from './step.js'

/** What a cluster shall be. */
export interface ClusterSpec {
  readonly name: string
  /** The application's database, and its role, which owns it. */
  readonly database: string
  readonly appRole: string
  /** Standbys that must have a commit before it is acknowledged. 0: none. */
  readonly synchronous: number
}

export interface Secrets {
  /** Of the superuser `postgres`. */
  readonly admin: string
  readonly replication: string
  readonly app: string
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

export function nodeOf(work: Work, name: string): ManagedNode {
  const node = work.nodes.get(name)
  if (node === undefined) {
    const names = [...work.nodes.keys()].join(', ')
    throw new OperationError('find a node', `there is no ${name}; there are ${names}`)
  }
  return node
}

/** What a node's files have to say when it follows `upstream`. */
export function configOf(work: Work, name: string, upstream: string | undefined): NodeConfig {
  const { layout, address } = nodeOf(work, name)
  return {
    name,
    address,
    paths: layout.paths,
    upstream: upstream === undefined ? undefined : nodeOf(work, upstream).address,
    peers: [...work.nodes.keys()].filter((it) => it !== name),
    synchronous: work.spec.synchronous,
    replicationPassword: work.secrets.replication,
  }
}
