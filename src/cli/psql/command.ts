import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { OperationError } from '../../replication/postgresql/errors.js'
import type { LocalCluster } from '../../replication/postgresql/local/local-cluster.js'
import { runningPrimary } from '../../replication/postgresql/operations/survey.js'
import { nodeOf } from '../../replication/postgresql/operations/work.js'
import { clusterCommand } from '../cluster/options.js'
import type { ExitCode } from '../cluster/streams.js'
import { lookingAt } from '../cluster/with-cluster.js'

const HELP = `
Examples:
  sluice psql                                  on the primary, as the application
  sluice psql node-2 -- -c 'select 1'          on one node; what follows -- is for psql
  sluice psql --admin                          as the superuser`

interface Given {
  readonly dir: string
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
    return open(cluster, name, rest, given.admin)
  })
}

function open(cluster: LocalCluster, name: string, args: readonly string[], isAdmin: boolean): Promise<ExitCode> {
  const { binDir } = nodeOf(
    cluster.work(() => undefined),
    name,
  ).layout.paths
  const program = existsSync(join(binDir, 'psql')) ? join(binDir, 'psql') : 'psql'
  const { host, port, user, password, database } = cluster.wayIn(name, isAdmin)
  // In its environment, which only we can read, and not in its arguments, which everybody can.
  const env = {
    ...process.env,
    PGHOST: host,
    PGPORT: String(port),
    PGUSER: user,
    PGPASSWORD: password,
    PGDATABASE: database,
  }
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
