// Started by `clusterProcess`: starts a cluster, prints what it is as one line, and stops when its input ends.
import { dirname } from 'node:path'
import { startCluster } from '../../src/testing.js'
import type { ClusterProcessOptions, Started } from './cluster-process.js'

const { user, frozen = [], abandoned = false, ...options } = JSON.parse(process.argv[2]!) as ClusterProcessOptions
// While everything can still be read, for the user may see nothing of this project.
await import('pg')
if (user !== undefined) become(user)
const cluster = await startCluster(options)
for (const name of frozen) await cluster.freeze(name)
const started: Started = {
  urls: cluster.nodes.map((it) => it.url),
  adminUrls: cluster.nodes.map((it) => it.adminUrl),
  pids: cluster.nodes.map((it) => it.pid!),
  folder: dirname(cluster.primary.dataDir),
}
console.log(JSON.stringify(started))
if (!abandoned) process.stdin.resume().on('end', () => cluster.stop())

function become({ uid, gid }: { readonly uid: number; readonly gid: number }): void {
  process.setgroups!([])
  process.setgid!(gid)
  process.setuid!(uid)
}
