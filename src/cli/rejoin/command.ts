import type { Command } from 'commander'
import { plans } from '../../replication/postgresql/operations/plans.js'
import { carryOut } from '../cluster/carry-out.js'
import type { Which } from '../cluster/open-cluster.js'
import { EXIT_CODES, operationCommand } from '../cluster/options.js'
import type { ExitCode } from '../cluster/streams.js'
import { operatingOn } from '../cluster/with-cluster.js'

const HELP = `
Examples:
  sluice rejoin node-1               an old primary, or a standby that fell too far behind, becomes a standby again
  sluice rejoin node-1 --fresh       by a fresh copy, whatever could be done otherwise
  sluice rejoin node-1 --dry-run

An old primary is wound back with pg_rewind to where its history and the present one part: what only it had is lost. Where
that cannot be done, a fresh copy is made, and the old data stays beside it as data.before-TIME.

${EXIT_CODES}`

interface Given extends Which {
  readonly json: boolean
  readonly dryRun: boolean
  readonly fresh: boolean
}

export function rejoinCommand(exit: (code: number) => void): Command {
  return operationCommand('rejoin', 'make a node a standby of the present primary', HELP)
    .argument('<node>')
    .option('--fresh', 'copy the primary anew', false)
    .action(async (node: string, given: Given) => exit(await runRejoin(node, given)))
}

function runRejoin(node: string, given: Given): Promise<ExitCode> {
  return operatingOn('rejoin', given, async ({ cluster, streams, signal }) => {
    await carryOut(plans.rejoin(await cluster.survey(), node, given), cluster, { ...given, signal }, streams)
    return 0
  })
}
