import { rmSync } from 'node:fs'
import type { Command } from 'commander'
import { LocalCluster } from '../../replication/postgresql/local/local-cluster.js'
import { plans } from '../../replication/postgresql/operations/plans.js'
import { carryOut } from '../cluster/carry-out.js'
import type { Which } from '../cluster/open-cluster.js'
import { EXIT_CODES, operationCommand } from '../cluster/options.js'
import type { ExitCode } from '../cluster/streams.js'
import { operatingOn } from '../cluster/with-cluster.js'

const HELP = `
Examples:
  sluice down                 every server stops; sluice up starts them again
  sluice down --delete        and all their data is deleted

The primary stops first, and waits until its standbys have everything.

${EXIT_CODES}`

interface Given extends Which {
  readonly json: boolean
  readonly dryRun: boolean
  readonly delete: boolean
}

export function downCommand(exit: (code: number) => void): Command {
  return operationCommand('down', 'stop a cluster', HELP)
    .option('--delete', 'delete its data, too', false)
    .action(async (given: Given) => exit(await runDown(given)))
}

function runDown(given: Given): Promise<ExitCode> {
  return operatingOn('down', given, async ({ cluster, streams, signal }) => {
    const plan = plans.down(await cluster.survey(), given.delete)
    const isDone = await carryOut(plan, cluster, { ...given, signal }, streams)
    if (isDone && given.delete && cluster instanceof LocalCluster) rmSync(cluster.dir, { recursive: true })
    return 0
  })
}
