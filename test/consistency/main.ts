import { inspect } from 'node:util'
import { CommanderError } from 'commander'
import { checkCommand } from './command.js'

const COULD_NOT = 2

try {
  await checkCommand((code) => {
    process.exitCode = code
  }).parseAsync()
} catch (error) {
  // What is wrong with the command line has been told.
  if (!(error instanceof CommanderError)) process.stderr.write(`the check could not be run: ${inspect(error)}\n`)
  process.exitCode = error instanceof CommanderError && error.exitCode === 0 ? 0 : COULD_NOT
}
