// A process that takes a lock on a host, says so, and waits to be killed. Arguments: how to open the host, the path.
import type { Host } from '../../src/replication/postgresql/host.js'
import { LocalHost } from '../../src/replication/postgresql/hosts/local-host.js'
import { SshHost, type SshHostOptions } from '../../src/replication/postgresql/hosts/ssh-host.js'
import type { Owner } from '../../src/replication/postgresql/programs/owner.js'

const [opened, path] = process.argv.slice(2) as [string, string]
const { kind, options } = JSON.parse(opened) as { kind: string; options: unknown }

await hostOf(kind).lock(path, 'a process of its own')
console.log('held')
setInterval(() => undefined, 60_000)

function hostOf(name: string): Host {
  if (name === 'ssh') return new SshHost(options as SshHostOptions)
  if (name === 'local') return new LocalHost(options as Owner | undefined)
  throw new Error(`no host of kind ${name}`)
}
