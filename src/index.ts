export {
  AcquireTimeoutError,
  ClosedError,
  ClusterError,
  ConfigError,
  ConnectionLostError,
  ConsistencyError,
  JobTooEarlyError,
  NodeError,
  NoPrimaryError,
  NoReplicaError,
  type Outcome,
  RoutingError,
  UnknownNodeError,
  UnknownShardError,
} from './base/errors.js'
export { outcomeOf } from './base/outcome.js'
export { type CatchesUp, type JobConsistency, type JobReads, type JobStart, runJob } from './cluster/run-job.js'
export { currentSession, type PinOptions, type Session, sessionFrom, withSession } from './cluster/session.js'
export type { StoredPosition } from './cluster/session-positions.js'
export {
  type SessionStore,
  type StoredSessionStart,
  type StoreFailure,
  withStoredSession,
} from './cluster/session-store.js'
export { type SessionTokens, sessionTokens } from './cluster/session-tokens.js'
export type { PickNode } from './model/balancer.js'
export type { Consistency } from './model/consistency.js'
export type { ClusterEvents } from './model/events.js'
export type { Position } from './model/position.js'
export type { Route, RouteReason } from './model/route.js'
export type { NodeView, View } from './model/view.js'
export { memoryStore } from './store/memory/memory-store.js'
