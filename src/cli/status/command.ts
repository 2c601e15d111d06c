import type { Command } from 'commander'
import { clusterCommand } from '../cluster/options.js'
import { runStatus, type StatusOptions } from './run.js'

const HELP = `
Examples:
  sluice status
  sluice status --watch            again every second, with the lag of the last minute; Ctrl-C ends it
  sluice status --json | jq .health

Lag is what the primary has written and a standby does not show yet: in bytes, and as the age of the last commit that it
shows. WAL is what the primary keeps for a standby, for it to go on from where it was.

Exit codes:
  0   healthy: a primary, and every standby streams from it
  1   it cannot be told
  2   the command line is wrong
  3   degraded: there is a primary, and something is wrong with another node
  4   down: no primary runs`

export function statusCommand(exit: (code: number) => void): Command {
  return clusterCommand('status', 'show the nodes, and whether all is well', HELP)
    .option('-w, --watch', 'again every second', false)
    .action(async (given: StatusOptions) => exit(await runStatus(given)))
}
