// A page that shows whether you read what you wrote, on a real primary with two standbys:
// npm run example:read-your-writes
//
// --tour goes through every mode and lag by itself; --json is for machines; --help tells the rest.
import { CommanderError } from 'commander'
import { exampleCommand } from './command.js'

const COULD_NOT = 2

const controller = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => controller.abort())

try {
  await exampleCommand(controller.signal, (code) => {
    process.exitCode = code
  }).parseAsync()
} catch (error) {
  // What is wrong with the command line has been told.
  if (!(error instanceof CommanderError)) process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = error instanceof CommanderError && error.exitCode === 0 ? 0 : COULD_NOT
}
