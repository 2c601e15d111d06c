import { rmSync } from 'node:fs'
import type { Command } from 'commander'
import { OperationError } from '../../replication/postgresql/errors.js'
import { LocalCluster } from '../../replication/postgresql/local/local-cluster.js'
import { plans } from '../../replication/postgresql/operations/plans.js'
import { askYesNo } from '../cluster/ask.js'
import { carryOut } from '../cluster/carry-out.js'
import type { Which } from '../cluster/open-cluster.js'
import { EXIT_CODES, operationCommand } from '../cluster/options.js'
import type { ExitCode } from '../cluster/streams.js'
import { operatingOn } from '../cluster/with-cluster.js'

const HELP = `
Examples:
  sluice down                 every server stops; sluice up starts them again
  sluice down --delete        of a local cluster: and all their data is deleted
  sluice down --yes           on hosts over SSH, without a question

The primary stops first, and waits until its standbys have everything.

${EXIT_CODES}`

interface Given extends Which {
  readonly json: boolean
  readonly dryRun: boolean
  readonly delete: boolean
  readonly yes: boolean
}

export function downCommand(exit: (code: number) => void): Command {
  return operationCommand('down', 'stop a cluster', HELP)
    .option('--delete', 'delete its data, too: of a local cluster', false)
    .option('-y, --yes', 'on hosts over SSH: ask nothing', false)
    .action(async (given: Given) => exit(await runDown(given)))
}

function runDown(given: Given): Promise<ExitCode> {
  return operatingOn('down', given, async ({ cluster, streams, signal }) => {
    if (!(cluster instanceof LocalCluster)) await mustBeMeant(given)
    const plan = plans.down(await cluster.survey(), given.delete)
    const isDone = await carryOut(plan, cluster, { ...given, signal }, streams)
    if (isDone && given.delete && cluster instanceof LocalCluster) rmSync(cluster.dir, { recursive: true })
    return 0
  })
}

/** Somebody's users are on it. */
async function mustBeMeant({ delete: isDeleted, dryRun, yes }: Given): Promise<void> {
  if (isDeleted) {
    throw new OperationError('stop', 'data on hosts is deleted by nobody but you', {
      hint: 'sluice down, then pg_dropcluster on each host',
    })
  }
  if (dryRun || yes || (await askYesNo('Every server stops, with whoever uses it. Go on?'))) return
  throw new OperationError('stop', 'nobody said yes', { hint: 'sluice down --yes' })
}
