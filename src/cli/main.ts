#!/usr/bin/env node
import { CommanderError } from 'commander'
import { makeProgram } from './program.js'

const USAGE_ERROR = 2

const exit = (code: number): void => {
  process.exitCode = code
}

// A reader that has seen enough, such as `head`, is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))

try {
  await makeProgram(exit).parseAsync()
} catch (error) {
  if (!(error instanceof CommanderError)) throw error
  exit(error.exitCode === 0 ? 0 : USAGE_ERROR)
}
