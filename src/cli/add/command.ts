import type { Command } from 'commander'
import type { Cluster } from '../../replication/postgresql/cluster.js'
import { OperationError } from '../../replication/postgresql/errors.js'
import { LocalCluster } from '../../replication/postgresql/local/local-cluster.js'
import { addNode } from '../../replication/postgresql/local/make-cluster.js'
import { planUp } from '../../replication/postgresql/operations/plan-up.js'
import { runningPrimary } from '../../replication/postgresql/operations/survey.js'
import { addToFile } from '../../replication/postgresql/remote/change-file.js'
import { RemoteCluster } from '../../replication/postgresql/remote/remote-cluster.js'
import { carryOut } from '../cluster/carry-out.js'
import { openCluster, type Which } from '../cluster/open-cluster.js'
import { clusterCommand, EXIT_CODES } from '../cluster/options.js'
import type { ExitCode } from '../cluster/streams.js'
import { operatingOn } from '../cluster/with-cluster.js'

const HELP = `
Examples:
  sluice add                            one standby more on this machine, copied from the primary
  sluice add db3 --ssh admin@db3        a host, which is written into sluice.yaml

${EXIT_CODES}`

interface Given extends Which {
  readonly json: boolean
  readonly ssh?: string
  readonly address?: string
  readonly from?: string
}

export function addCommand(exit: (code: number) => void): Command {
  return clusterCommand('add', 'add a standby', HELP)
    .argument('[node]', 'its name, on a host of its own')
    .option('--ssh <destination>', 'as ssh takes it; its name otherwise')
    .option('--from <node>', 'the standby that it follows; the primary otherwise')
    .option('--address <ip>', 'by which the others reach it; the one that ssh goes to otherwise')
    .action(async (node: string | undefined, given: Given) => exit(await runAdd(node, given)))
}

/** Written down first: if it fails half-way, sluice up goes on. */
function runAdd(node: string | undefined, given: Given): Promise<ExitCode> {
  return operatingOn('add', given, async ({ cluster, streams, signal }) => {
    const survey = await cluster.survey()
    if (survey.engine !== undefined) throw notWithEngine('add')
    runningPrimary(survey)
    await writeDown(cluster, node, given)
    const larger = await openCluster(given)
    try {
      await carryOut(planUp(await larger.survey()), larger, { ...given, dryRun: false, signal }, streams)
      return 0
    } finally {
      await larger.close()
    }
  })
}

/** The store's members know each other by a list that is made once. */
export function notWithEngine(what: string): OperationError {
  return new OperationError(what, 'the members of Patroni and etcd are those that they began with', {
    hint: 'etcdctl member add, or remove, changes that; sluice.yaml comes after it',
  })
}

async function writeDown(cluster: Cluster, node: string | undefined, { ssh, address, from }: Given): Promise<void> {
  if (cluster instanceof LocalCluster) {
    if (node === undefined) return void (await addNode(cluster.dir))
    throw new OperationError('add', 'nodes on this machine are named by their number', { hint: 'sluice add' })
  }
  if (!(cluster instanceof RemoteCluster)) return
  if (node === undefined) throw new OperationError('add', 'it needs a name', { hint: 'sluice add db3 --ssh admin@db3' })
  addToFile(cluster.file, node, { ssh, address, from })
}
