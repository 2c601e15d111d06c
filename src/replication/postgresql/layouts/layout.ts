import type { RunAs, Script } from '../script.js'

/** Where one node's PostgreSQL keeps its things on its host. All absolute. */
export interface LayoutPaths {
  /** PostgreSQL's own programs, of the node's major version. */
  readonly binDir: string
  readonly dataDir: string
  readonly configFile: string
  readonly hbaFile: string
  /** Ours: read by `configFile`, after what stands in that. */
  readonly includeFile: string
  readonly logFile: string
  /** The replication password: `0600`, and not in `dataDir`, which travels from node to node. */
  readonly passFile: string
}

/** How one node's server is kept and started on its host. Pure: what is to be done there are scripts. */
export interface Layout {
  readonly paths: LayoutPaths
  readonly port: number
  /** Is all of `pg_hba.conf` ours, or a block in it? */
  readonly hba: 'whole' | 'block'
  /** Who can see all of it, also before there is a server. */
  readonly seenBy: RunAs
  /** Returns when the server takes connections. One that runs already is left alone. */
  start(): Script
  /** Returns when it has stopped. One that does not run is left alone. */
  stop(mode: 'fast' | 'immediate'): Script
  /** Has the server read its configuration again. */
  reload(): Script
  /** Makes a standby a primary. */
  promote(): Script
  /** Exit code 0: it runs; 3: it does not. As `seenBy`, as are those that start it and make it reload. */
  isRunning(): Script
}
