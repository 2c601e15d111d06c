/** One thing to be done to one node. Plain data: `--dry-run` prints it, `--json` emits it. Each may be done twice. */
export type Step =
  /** PostgreSQL, from the host's packages. */
  | { readonly kind: 'install'; readonly node: string }
  /** A new, empty cluster in its data directory. */
  | { readonly kind: 'create'; readonly node: string }
  /** Its own files, as they should be for whom it follows. A server that runs reads them. */
  | {
      readonly kind: 'configure'
      readonly node: string
      readonly upstream: string | undefined
      /** It waits for no standby yet: there is none. */
      readonly isAlone?: true
    }
  /** Settings that only a restart changes. Where clients are connected, somebody is asked first. */
  | { readonly kind: 'restart'; readonly node: string; readonly settings: readonly string[] }
  | { readonly kind: 'start'; readonly node: string }
  | { readonly kind: 'stop'; readonly node: string; readonly mode: 'fast' | 'immediate' }
  /** Roles, and the application's database. */
  | { readonly kind: 'prepare'; readonly node: string }
  /** A replication slot for each of these. */
  | { readonly kind: 'make-slots'; readonly node: string; readonly standbys: readonly string[] }
  /** Slots that serve nobody any more: of these, or all that nobody uses. */
  | { readonly kind: 'drop-slots'; readonly node: string; readonly standbys: readonly string[] | 'unused' }
  /** A copy of `from` in its data directory, that will follow. */
  | { readonly kind: 'clone'; readonly node: string; readonly from: string }
  /** Its data directory gets another name, and nothing in it is lost. */
  | { readonly kind: 'set-aside'; readonly node: string }
  /** Wound back to where its history and that of `from` part; where that cannot be, a fresh copy, with the old data aside. */
  | { readonly kind: 'rewind'; readonly node: string; readonly from: string }
  | { readonly kind: 'checkpoint'; readonly node: string }
  /** Until it has all that `from`, which has stopped, ever wrote. */
  | { readonly kind: 'await-received'; readonly node: string; readonly from: string }
  | { readonly kind: 'promote'; readonly node: string }
  /** Started, it will follow, and write nothing. */
  | { readonly kind: 'make-standby'; readonly node: string }
  | { readonly kind: 'await-streaming'; readonly node: string; readonly from: string }
  /** A row written on the primary is read on each standby. */
  | { readonly kind: 'prove'; readonly node: string; readonly standbys: readonly string[] }
  | { readonly kind: 'delete'; readonly node: string }
  /** What follows is done by the engine that is in charge of the cluster, or makes it so. */
  | { readonly kind: 'install-engine'; readonly node: string }
  | { readonly kind: 'start-store'; readonly node: string }
  | { readonly kind: 'join-engine'; readonly node: string }
  | { readonly kind: 'await-member'; readonly node: string }
  /** Only a synchronous standby may take over, where acknowledged writes must not be lost. */
  | { readonly kind: 'await-synchronous'; readonly node: string }
  | { readonly kind: 'engine-switchover'; readonly node: string; readonly from: string }
  | { readonly kind: 'engine-failover'; readonly node: string }
  | { readonly kind: 'reinitialize'; readonly node: string }
  | { readonly kind: 'leave-engine'; readonly node: string }

export interface Plan {
  /** What it comes to, in one line. */
  readonly title: string
  readonly steps: readonly Step[]
  /** What is worth knowing before it is done: what may be lost, what will be stopped. */
  readonly notes: readonly string[]
  /** What puts everything back when a step fails before this one, which is the point of no return. */
  readonly putBack?: { readonly before: Step['kind']; readonly steps: readonly Step[] }
}

export function titleOf(step: Step): string {
  switch (step.kind) {
    case 'install':
      return 'install PostgreSQL'
    case 'create':
      return 'make a new data directory'
    case 'configure':
      return step.upstream === undefined
        ? 'write its configuration'
        : `write its configuration, to follow ${step.upstream}`
    case 'restart':
      return `restart, for ${step.settings.join(', ')}`
    case 'start':
      return 'start'
    case 'stop':
      return step.mode === 'fast' ? 'stop' : 'stop at once'
    case 'prepare':
      return 'make the roles and the database'
    case 'make-slots':
      return `make a replication slot for ${list(step.standbys)}`
    case 'drop-slots':
      return step.standbys === 'unused'
        ? 'drop replication slots that nobody uses'
        : `drop the replication slot of ${list(step.standbys)}`
    case 'clone':
      return `copy ${step.from}`
    case 'set-aside':
      return 'set its old data directory aside'
    case 'rewind':
      return `wind back to where ${step.from} parted from it`
    case 'checkpoint':
      return 'checkpoint'
    case 'await-received':
      return `wait until it has all that ${step.from} wrote`
    case 'promote':
      return 'promote'
    case 'make-standby':
      return 'make it a standby'
    case 'await-streaming':
      return `wait until it streams from ${step.from}`
    case 'prove':
      return step.standbys.length === 0 ? 'write a row' : `write a row, and read it on ${list(step.standbys)}`
    case 'delete':
      return 'delete its data'
    case 'install-engine':
      return 'install Patroni and etcd'
    case 'start-store':
      return 'start etcd'
    case 'join-engine':
      return 'hand its server over to Patroni'
    case 'await-member':
      return 'wait until Patroni says that it leads, or streams'
    case 'await-synchronous':
      return 'wait until Patroni has a synchronous standby, which it may promote'
    case 'engine-switchover':
      return `take over from ${step.from}, by Patroni`
    case 'engine-failover':
      return 'take over, by Patroni'
    case 'reinitialize':
      return 'be copied anew, by Patroni'
    case 'leave-engine':
      return 'stop Patroni, and with it the server'
    default:
      return step satisfies never
  }
}

function list(names: readonly string[]): string {
  return names.length === 0 ? 'nobody' : names.join(', ')
}
