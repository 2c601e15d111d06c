import type { Script } from '../script.js'

/** One of the clusters that Debian's tools know on a host. */
export interface DebianCluster {
  readonly major: number
  readonly cluster: string
  readonly port: number
  readonly isRunning: boolean
  /** The user that owns its files. */
  readonly owner: string
  readonly dataDir: string
}

/** What `readClusters` reads: nothing where there is no PostgreSQL. */
export function lookAtClusters(): Script {
  return { as: 'login', text: 'if command -v pg_lsclusters >/dev/null; then pg_lsclusters --no-header; fi' }
}

/** @param said `15  main  5432 online,recovery postgres /var/lib/postgresql/15/main /var/log/…`, a line for each. */
export function readClusters(said: string): readonly DebianCluster[] {
  return said.split('\n').flatMap((line) => {
    const [major, cluster = '', port, status = '', owner = '', dataDir = ''] = line.trim().split(/\s+/)
    if (dataDir === '') return []
    return [
      { major: Number(major), cluster, port: Number(port), isRunning: status.startsWith('online'), owner, dataDir },
    ]
  })
}
