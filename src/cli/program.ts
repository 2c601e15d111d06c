import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { addCommand } from './add/command.js'
import { classifyCommand } from './classify/command.js'
import { doctorCommand } from './doctor/command.js'
import { downCommand } from './down/command.js'
import { failoverCommand } from './failover/command.js'
import { initCommand } from './init/command.js'
import { logsCommand } from './logs/command.js'
import { psqlCommand } from './psql/command.js'
import { rejoinCommand } from './rejoin/command.js'
import { removeCommand } from './remove/command.js'
import { statusCommand } from './status/command.js'
import { switchoverCommand } from './switchover/command.js'
import { upCommand } from './up/command.js'
import { urlCommand } from './url/command.js'

const packageFile = new URL('../../package.json', import.meta.url)
const { version } = JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string }

/** All commands. @param exit told the exit code of the one that ran. */
export function makeProgram(exit: (code: number) => void): Command {
  const program = new Command('sluice')
    .description('read/write splitting for PostgreSQL, and the replication underneath')
    .version(version)
    .exitOverride()
    // `sluice up --version 16` is about PostgreSQL.
    .enablePositionalOptions()
    .showHelpAfterError('(--help tells what there is)')
  const commands = [
    ...[initCommand, upCommand, downCommand, statusCommand, urlCommand, psqlCommand, logsCommand],
    ...[switchoverCommand, failoverCommand, rejoinCommand, addCommand, removeCommand],
    ...[doctorCommand, classifyCommand],
  ]
  for (const command of commands) program.addCommand(command(exit).copyInheritedSettings(program))
  return program
}
