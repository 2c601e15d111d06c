import type { Command } from 'commander'
import { plans } from '../../replication/postgresql/operations/plans.js'
import { carryOut } from '../cluster/carry-out.js'
import type { Which } from '../cluster/open-cluster.js'
import { EXIT_CODES, operationCommand } from '../cluster/options.js'
import type { ExitCode } from '../cluster/streams.js'
import { operatingOn } from '../cluster/with-cluster.js'

const HELP = `
Examples:
  sluice switchover                  to the standby that has the most
  sluice switchover --to node-2
  sluice switchover --dry-run        what would be done

The old primary stops first, and sends all that it has to the new one, which is promoted only when nothing is missing; the
others follow it, and the old one becomes a standby. If anything fails before the promotion, the old primary is started again.

${EXIT_CODES}`

interface Given extends Which {
  readonly json: boolean
  readonly dryRun: boolean
  readonly to?: string
}

export function switchoverCommand(exit: (code: number) => void): Command {
  return operationCommand('switchover', 'move the primary to another node, without losing a write', HELP)
    .option('--to <node>', 'the standby that takes over')
    .action(async (given: Given) => exit(await runSwitchover(given)))
}

function runSwitchover(given: Given): Promise<ExitCode> {
  return operatingOn('switchover', given, async ({ cluster, streams, signal }) => {
    await carryOut(plans.switchover(await cluster.survey(), given.to), cluster, { ...given, signal }, streams)
    return 0
  })
}
