import type { Command } from 'commander'
import { LocalCluster } from '../../replication/postgresql/local/local-cluster.js'
import { forgetNode } from '../../replication/postgresql/local/make-cluster.js'
import { planRemove } from '../../replication/postgresql/operations/plan-down.js'
import { removeFromFile } from '../../replication/postgresql/remote/change-file.js'
import { RemoteCluster } from '../../replication/postgresql/remote/remote-cluster.js'
import { notWithEngine } from '../add/command.js'
import { carryOut } from '../cluster/carry-out.js'
import type { Which } from '../cluster/open-cluster.js'
import { EXIT_CODES, operationCommand } from '../cluster/options.js'
import type { ExitCode } from '../cluster/streams.js'
import { operatingOn } from '../cluster/with-cluster.js'

const HELP = `
Examples:
  sluice remove node-3                 it stops, and its replication slot goes; its data stays
  sluice remove node-3 --delete        its data goes, too

${EXIT_CODES}`

interface Given extends Which {
  readonly json: boolean
  readonly dryRun: boolean
  readonly delete: boolean
}

export function removeCommand(exit: (code: number) => void): Command {
  return operationCommand('remove', 'take a standby out of the cluster', HELP)
    .argument('<node>')
    .option('--delete', 'delete its data, too', false)
    .action(async (node: string, given: Given) => exit(await runRemove(node, given)))
}

function runRemove(node: string, given: Given): Promise<ExitCode> {
  return operatingOn('remove', given, async ({ cluster, streams, signal }) => {
    const survey = await cluster.survey()
    if (survey.engine !== undefined) throw notWithEngine('remove')
    const plan = planRemove(survey, node, given.delete)
    if (!(await carryOut(plan, cluster, { ...given, signal }, streams))) return 0
    if (cluster instanceof LocalCluster) forgetNode(cluster.dir, node)
    if (cluster instanceof RemoteCluster) removeFromFile(cluster.file, node)
    return 0
  })
}
