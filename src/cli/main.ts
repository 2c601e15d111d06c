#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { classifyCommand } from './classify/command.js'

const USAGE_ERROR = 2

const packageFile = new URL('../../package.json', import.meta.url)
const { version } = JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string }

const exit = (code: number): void => {
  process.exitCode = code
}

// A reader that has seen enough, such as `head`, is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))

const program = new Command('sluice')
  .description('read/write splitting for PostgreSQL')
  .version(version)
  .exitOverride()
  .showHelpAfterError('(--help tells what there is)')
program.addCommand(classifyCommand(exit).copyInheritedSettings(program))

try {
  await program.parseAsync()
} catch (error) {
  if (!(error instanceof CommanderError)) throw error
  exit(error.exitCode === 0 ? 0 : USAGE_ERROR)
}
