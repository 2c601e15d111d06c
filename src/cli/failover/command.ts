import type { Command } from 'commander'
import { plans } from '../../replication/postgresql/operations/plans.js'
import { carryOut } from '../cluster/carry-out.js'
import type { Which } from '../cluster/open-cluster.js'
import { EXIT_CODES, operationCommand } from '../cluster/options.js'
import type { ExitCode } from '../cluster/streams.js'
import { operatingOn } from '../cluster/with-cluster.js'

const HELP = `
Examples:
  sluice failover                    to the standby that has the most
  sluice failover --dry-run          what would be done, and what is lost
  sluice rejoin node-1               afterwards: the old primary becomes a standby

For a primary that is dead. One that runs and answers is not replaced: that is a switchover. One that runs and does not
answer is ended first, so that it cannot come to itself again and take writes. A node that cannot be reached, or a standby
that is down and may have more, stops it; --force goes on, and what only that node has is lost.

${EXIT_CODES}`

interface Given extends Which {
  readonly json: boolean
  readonly dryRun: boolean
  readonly force: boolean
  readonly to?: string
}

export function failoverCommand(exit: (code: number) => void): Command {
  return operationCommand('failover', 'promote a standby, for a primary that is dead', HELP)
    .option('--to <node>', 'the standby that is promoted')
    .option('--force', 'although a node cannot be asked what it has', false)
    .action(async (given: Given) => exit(await runFailover(given)))
}

function runFailover(given: Given): Promise<ExitCode> {
  return operatingOn('failover', given, async ({ cluster, streams, signal }) => {
    await carryOut(plans.failover(await cluster.survey(), given), cluster, { ...given, signal }, streams)
    return 0
  })
}
