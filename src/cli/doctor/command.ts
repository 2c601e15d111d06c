import type { Command } from 'commander'
import { clusterCommand, wholeNumber } from '../cluster/options.js'
import { type DoctorOptions, runDoctor } from './run.js'

const HELP = `
Examples:
  sluice doctor                                          the cluster of sluice.yaml, or the local one
  sluice doctor postgres://app@db1,db2,db3/shop          any other, whoever runs it
  sluice doctor $PRIMARY_URL $REPLICA_URL --json | jq .findings
  sluice doctor --list                                   what is looked at
  sluice doctor --skip asynchronous-only,slow-timeouts

Without URLs, and without a cluster that is named, it takes those of the environment variable DATABASE_URL. It only asks, and
changes nothing. A role with pg_monitor sees most; what could not be seen is said, with the right that shows it.

Exit codes:
  0   nothing worse than advice
  1   it cannot be told: the message says why
  2   the command line is wrong
  3   warnings
  4   something critical, such as a node that cannot be asked`

export function doctorCommand(exit: (code: number) => void): Command {
  const names = (text: string) => text.split(',')
  return clusterCommand('doctor', 'examine a cluster, and say what is wrong and what to do', HELP)
    .argument('[urls...]', 'of its nodes')
    .option('--list', 'print the checks', false)
    .option('--only <checks>', 'these, with commas between', names)
    .option('--skip <checks>', 'all but these', names)
    .option('--timeout <ms>', 'for one node', wholeNumber(100, 600_000), 10_000)
    .action(async (urls: readonly string[], given: DoctorOptions) => exit(await runDoctor(urls, given)))
}
