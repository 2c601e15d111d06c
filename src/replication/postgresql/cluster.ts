import type { HostLock } from './host.js'
import type { ManagedNode } from './nodes/managed-node.js'
import type { Survey } from './operations/survey.js'
import type { Work } from './operations/work.js'

/** A cluster that is operated, wherever its nodes are. */
export interface Cluster {
  /** In the cluster's own order. */
  readonly nodes: ReadonlyMap<string, ManagedNode>
  /** One operation at a time, from wherever. @throws {HostLockedError} naming what goes on. */
  lock(what: string): Promise<HostLock>
  survey(): Promise<Survey>
  /** What the steps work with, after a survey. @throws {OperationError} they cannot. */
  work(options: WorkOptions): Work
  /** For the application: all nodes, in any order, or one. @throws {OperationError} there is no such node. */
  urlFor(which: WhichUrl): Promise<string>
  close(): Promise<void>
}

export type WorkOptions = Pick<Work, 'report' | 'mayRestart'> & { readonly signal?: AbortSignal }

export interface WhichUrl {
  readonly node?: string | undefined
  /** The superuser's. */
  readonly isAdmin?: boolean
}
