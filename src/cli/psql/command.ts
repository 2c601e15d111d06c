import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import type { Cluster } from '../../replication/postgresql/cluster.js'
import { OperationError } from '../../replication/postgresql/errors.js'
import { LocalCluster } from '../../replication/postgresql/local/local-cluster.js'
import { runningPrimary } from '../../replication/postgresql/operations/survey.js'
import { nodeOf } from '../../replication/postgresql/operations/work.js'
import { RemoteCluster } from '../../replication/postgresql/remote/remote-cluster.js'
import type { Which } from '../cluster/open-cluster.js'
import { clusterCommand } from '../cluster/options.js'
import type { ExitCode } from '../cluster/streams.js'
import { lookingAt } from '../cluster/with-cluster.js'

const HELP = `
Examples:
  sluice psql                                  on the primary, as the application
  sluice psql node-2 -- -c 'select 1'          on one node; what follows -- is for psql
  sluice psql --admin                          as the superuser

On hosts over SSH it is the host's own psql that runs, there.`

interface Given extends Which {
  readonly admin: boolean
}

export function psqlCommand(exit: (code: number) => void): Command {
  return clusterCommand('psql', 'open psql on a node', HELP)
    .argument('[node]', 'the primary otherwise')
    .argument('[args...]', "psql's own")
    .option('--admin', 'as the superuser postgres, on its database', false)
    .action(async (node: string | undefined, args: readonly string[], given: Given) =>
      exit(await runPsql(node, args, given)),
    )
}

function runPsql(node: string | undefined, args: readonly string[], given: Given): Promise<ExitCode> {
  return lookingAt('psql', given, async ({ cluster }) => {
    const isNode = node !== undefined && cluster.nodes.has(node)
    // `sluice psql -- -l`: what looks like a node is psql's.
    const rest = node === undefined || isNode ? args : [node, ...args]
    const name = isNode ? node : runningPrimary(await cluster.survey()).name
    return open(commandFor(cluster, name, rest, given.admin))
  })
}

interface Call {
  readonly program: string
  readonly args: readonly string[]
  readonly env: NodeJS.ProcessEnv
}

function commandFor(cluster: Cluster, name: string, args: readonly string[], isAdmin: boolean): Call {
  if (cluster instanceof RemoteCluster) return { ...cluster.psql(name, args, isAdmin), env: process.env }
  if (cluster instanceof LocalCluster) return localPsql(cluster, name, args, isAdmin)
  throw new OperationError('open psql', 'this cluster has no way for it')
}

function localPsql(cluster: LocalCluster, name: string, args: readonly string[], isAdmin: boolean): Call {
  const { binDir } = nodeOf(cluster, name).layout.paths
  const program = existsSync(join(binDir, 'psql')) ? join(binDir, 'psql') : 'psql'
  const { host, port, user, password, database } = cluster.wayIn(name, isAdmin)
  // In its environment, which only we can read, and not in its arguments, which everybody can.
  const own = { PGHOST: host, PGPORT: String(port), PGUSER: user, PGPASSWORD: password, PGDATABASE: database }
  return { program, args, env: { ...process.env, ...own } }
}

function open({ program, args, env }: Call): Promise<ExitCode> {
  const child = spawn(program, [...args], { stdio: 'inherit', env })
  // An interrupt is for psql: it cancels a query.
  const ignore = () => undefined
  process.on('SIGINT', ignore)
  return new Promise((resolve, reject) => {
    child.on('error', (cause) => {
      const hint = 'install it: Debian package postgresql-client'
      reject(new OperationError('open psql', cause.message, { cause, hint }))
    })
    child.on('close', (code) => resolve(code === 0 ? 0 : 1))
  }).finally(() => process.off('SIGINT', ignore)) as Promise<ExitCode>
}
