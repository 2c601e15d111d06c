import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Command } from 'commander'
import { nodeOf } from '../../replication/postgresql/operations/work.js'
import { clusterCommand, wholeNumber } from '../cluster/options.js'
import type { ExitCode } from '../cluster/streams.js'
import { lookingAt, type Opened } from '../cluster/with-cluster.js'

const HELP = `
Examples:
  sluice logs                       the end of every node's log
  sluice logs node-2 -n 200
  sluice logs --follow              as it is written; Ctrl-C ends it`

interface Given {
  readonly dir: string
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
  return lookingAt('logs', given, async ({ cluster, signal }) => {
    const work = cluster.work(() => undefined)
    const names = node === undefined ? [...cluster.nodes.keys()] : [node]
    const files = names.map((name) => nodeOf(work, name).layout.paths.logFile)
    return tail(files, given, signal)
  })
}

async function tail(files: readonly string[], given: Given, signal: Opened['signal']): Promise<ExitCode> {
  const args = ['-n', String(given.lines), ...(given.follow ? ['-F'] : []), '--', ...files]
  const child = spawn('tail', args, { stdio: ['ignore', 'inherit', 'inherit'], signal })
  // Ended by us, when we are interrupted: that is how following ends.
  child.on('error', () => undefined)
  await once(child, 'close')
  return child.exitCode === 0 || signal.aborted ? 0 : 1
}
