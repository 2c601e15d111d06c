import { isIP } from 'node:net'

/** One host, as it was given, and as it was found. */
export interface FoundHost {
  readonly name: string
  readonly ssh: string
  /** Its address; `undefined`: it was not asked. */
  readonly address: string | undefined
}

export interface InitText {
  readonly hosts: readonly FoundHost[]
  readonly version: number | undefined
  readonly sync: number
  readonly sshConfig: string | undefined
  /** Networks and addresses from which applications connect. */
  readonly applications: readonly string[]
}

/** A `sluice.yaml` that explains itself. */
export function initText({ hosts, version, sync, sshConfig, applications }: InitText): string {
  return `# A PostgreSQL cluster: sluice up makes it so, at any time again.

# PostgreSQL's major version, 14 to 18. Without it: the one that is there, else the newest that all hosts can install.
${version === undefined ? '# version: 15' : `version: ${version}`}

# Where its packages come from: distribution, or pgdg for the repository of the PostgreSQL project (which needs a version).
# repository: distribution

# The application's database, and its role, which owns it. They are made where they are missing.
database: app
user: app

# Where applications connect from: addresses, or networks such as 10.0.0.0/24.
applications:${list(applications)}

# Standbys that must have a commit before it is acknowledged. 0: none, and a failover may lose the last moments.
sync: ${sync}

# Automatic failover, with three hosts or more: sluice up --ha patroni writes this.
# ha: patroni

# WAL kept for a standby that is away, at most: a slot must not fill the disk.
keepWal: 4GB

# A primary is copied as fast as it goes: this is for one that has other things to do. In megabytes a second.
# copyMb: 50

# Do servers start when their machine boots? A primary that was replaced while its machine was off would come back as a
# second one; so they do not, and sluice up, or sluice rejoin, brings them back.
startAtBoot: false
${sshConfig === undefined ? '' : `\n# Used instead of ~/.ssh/config.\nsshConfig: ${sshConfig}\n`}
# The hosts. In a new cluster the first is the primary; a primary that is there stays what it is.
#   ssh      as ssh takes it; the node's name without it
#   address  the IP address by which the others, and applications, reach it; the one that ssh goes to without it
#   from     another standby that it follows, so that the primary sends everything once only
#   delay    a standby that shows a commit only after so long, such as 1h: what was deleted by mistake is still there
nodes:
${hosts.map(nodeText).join('')}`
}

/** `admin@db1.example.com`: `db1`; an address: `node-1`. */
export function nameOf(destination: string, index: number): string {
  const host = destination
    .replace(/^ssh:\/\//, '')
    .replace(/^[^@]*@/, '')
    .replace(/:\d+$/, '')
  const [first = ''] = host.split('.')
  const name = first.toLowerCase().replaceAll(/[^a-z0-9-]/g, '-')
  return isIP(host) > 0 || !/^[a-z]/.test(name) ? `node-${index + 1}` : name.slice(0, 31)
}

function nodeText({ name, ssh, address }: FoundHost): string {
  return `  ${name}:\n    ssh: ${ssh}\n${address === undefined ? '' : `    address: ${address}\n`}`
}

function list(values: readonly string[]): string {
  return values.length === 0 ? ' []' : values.map((it) => `\n  - ${it}`).join('')
}
