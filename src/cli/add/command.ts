import type { Command } from 'commander'
import { LocalCluster } from '../../replication/postgresql/local/local-cluster.js'
import { addNode } from '../../replication/postgresql/local/make-cluster.js'
import { planUp } from '../../replication/postgresql/operations/plan-up.js'
import { runningPrimary } from '../../replication/postgresql/operations/survey.js'
import { carryOut } from '../cluster/carry-out.js'
import { clusterCommand, EXIT_CODES } from '../cluster/options.js'
import type { ExitCode } from '../cluster/streams.js'
import { operatingOn } from '../cluster/with-cluster.js'

const HELP = `
Example:
  sluice add                 one standby more, copied from the primary

${EXIT_CODES}`

interface Given {
  readonly dir: string
  readonly json: boolean
}

export function addCommand(exit: (code: number) => void): Command {
  return clusterCommand('add', 'add a standby', HELP).action(async (given: Given) => exit(await runAdd(given)))
}

/** Written down first: if it fails half-way, sluice up goes on. */
function runAdd(given: Given): Promise<ExitCode> {
  return operatingOn('add', given, async ({ cluster, streams, signal }) => {
    runningPrimary(await cluster.survey())
    await addNode(given.dir)
    const larger = await LocalCluster.open(given.dir)
    try {
      await carryOut(planUp(await larger.survey()), larger, { ...given, dryRun: false, signal }, streams)
      return 0
    } finally {
      await larger.close()
    }
  })
}
