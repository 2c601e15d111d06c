#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { addCommand } from './add/command.js'
import { classifyCommand } from './classify/command.js'
import { downCommand } from './down/command.js'
import { failoverCommand } from './failover/command.js'
import { logsCommand } from './logs/command.js'
import { psqlCommand } from './psql/command.js'
import { rejoinCommand } from './rejoin/command.js'
import { removeCommand } from './remove/command.js'
import { statusCommand } from './status/command.js'
import { switchoverCommand } from './switchover/command.js'
import { upCommand } from './up/command.js'
import { urlCommand } from './url/command.js'

const USAGE_ERROR = 2

const packageFile = new URL('../../package.json', import.meta.url)
const { version } = JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string }

const exit = (code: number): void => {
  process.exitCode = code
}

// A reader that has seen enough, such as `head`, is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))

const program = new Command('sluice')
  .description('read/write splitting for PostgreSQL, and the replication underneath')
  .version(version)
  .exitOverride()
  .showHelpAfterError('(--help tells what there is)')
const commands = [
  ...[upCommand, downCommand, statusCommand, urlCommand, psqlCommand, logsCommand],
  ...[switchoverCommand, failoverCommand, rejoinCommand, addCommand, removeCommand],
  classifyCommand,
]
for (const command of commands) program.addCommand(command(exit).copyInheritedSettings(program))

try {
  await program.parseAsync()
} catch (error) {
  if (!(error instanceof CommanderError)) throw error
  exit(error.exitCode === 0 ? 0 : USAGE_ERROR)
}
