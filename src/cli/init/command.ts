import { Command } from 'commander'
import { DEFAULT_FILE } from '../cluster/open-cluster.js'
import { EXIT_CODES, wholeNumber } from '../cluster/options.js'
import { type InitOptions, runInit } from './run.js'

const HELP = `
Examples:
  sluice init admin@db1 admin@db2              the first is the primary of a new cluster
  sluice init                                  asks for the hosts
  sluice init db1 db2 db3 --version 16 --sync 1
  sluice init admin@db1 --offline              asks no host what there is

Hosts are what ssh takes: names of ~/.ssh/config, with all that it says there. You must get in with a key, and be root there or
use sudo; where that wants a password, it is in the environment variable SLUICE_SUDO_PASSWORD.

${EXIT_CODES}`

export function initCommand(exit: (code: number) => void): Command {
  return new Command('init')
    .description('describe a cluster on hosts over SSH, in a sluice.yaml')
    .argument('[hosts...]', 'as ssh takes them')
    .option('--file <sluice.yaml>', `where it is written; ${DEFAULT_FILE} otherwise`)
    .option(
      '--version <major>',
      'of PostgreSQL, 14 to 18; what is there, or can be installed, otherwise',
      wholeNumber(14, 18),
    )
    .option('--sync <count>', 'standbys that must have a commit before it is acknowledged', wholeNumber(0, 8), 0)
    .option('--ssh-config <file>', 'used instead of ~/.ssh/config')
    .option('--offline', 'ask no host', false)
    .option('--json', 'print JSON, one object on a line', false)
    .addHelpText('after', `\n${HELP.trim()}`)
    .action(async (hosts: readonly string[], given: InitOptions) => exit(await runInit(hosts, given)))
}
