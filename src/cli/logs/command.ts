import type { Command } from 'commander'
import { nodeOf } from '../../replication/postgresql/operations/work.js'
import { quoteShell } from '../../replication/postgresql/script.js'
import type { Which } from '../cluster/open-cluster.js'
import { clusterCommand, wholeNumber } from '../cluster/options.js'
import type { ExitCode } from '../cluster/streams.js'
import { lookingAt, type Opened } from '../cluster/with-cluster.js'

const HELP = `
Examples:
  sluice logs                       the end of every node's log
  sluice logs node-2 -n 200
  sluice logs --follow              as it is written; Ctrl-C ends it`

const LOOK_MS = 60_000
const FOLLOW_MS = 2 ** 31 - 1

interface Given extends Which {
  readonly lines: number
  readonly follow: boolean
}

export function logsCommand(exit: (code: number) => void): Command {
  return clusterCommand('logs', "show the servers' logs", HELP)
    .argument('[node]', 'one node only')
    .option('-n, --lines <count>', 'from the end', wholeNumber(0, 1_000_000), 20)
    .option('-f, --follow', 'go on as they are written', false)
    .action(async (node: string | undefined, given: Given) => exit(await runLogs(node, given)))
}

function runLogs(node: string | undefined, given: Given): Promise<ExitCode> {
  return lookingAt('logs', given, async (opened) => {
    const names = node === undefined ? [...opened.cluster.nodes.keys()] : [node]
    // What follows comes from all of them at once; what is there already is easier to read one after the other.
    if (given.follow) await Promise.all(names.map((name) => tail(opened, name, given, names.length > 1)))
    else for (const name of names) await tail(opened, name, given, names.length > 1)
    return 0
  })
}

async function tail({ cluster, streams, signal }: Opened, name: string, given: Given, isNamed: boolean): Promise<void> {
  const { host, layout } = nodeOf(cluster, name)
  const how = given.follow ? '-F' : ''
  const text = `exec tail -n ${given.lines} ${how} -- ${quoteShell(layout.paths.logFile)}`
  const prefix = isNamed ? `${name}  ` : ''
  const ran = host.run(
    { as: layout.seenBy, text },
    {
      signal,
      timeoutMs: given.follow ? FOLLOW_MS : LOOK_MS,
      onLine: (line, from) => (from === 'stdout' ? streams.out : streams.err).write(`${prefix}${line}\n`),
    },
  )
  await ran.catch((error: unknown) => {
    // That is how following ends.
    if (!signal.aborted) throw error
  })
}
