import { createReadStream } from 'node:fs'
import { Command, Option } from 'commander'
import { runClassify } from './run.js'

const HELP = `
Examples:
  sluice classify queries.sql                 one line for each statement: route, intent, reason
  pg_dump … | sluice classify --summary -     totals by route and reason
  sluice classify --jsonl --json log.jsonl    one JSON string in, one JSON object out, for each line

Routes:
  replica   may run on a replica
  primary   must run on the primary
  all       changes the session, and must reach every connection that it uses

Functions that are not built into PostgreSQL count as writes here; a pool asks the server's catalogue about them.
Name those that only read with --read-function.

Exit codes:
  0  every statement was classified
  1  the input could not be read, or a line of --jsonl is not a JSON string
  2  the command line is wrong`

/** `sluice classify`: how a team tries Sluice on its own query log before trusting it. */
export function classifyCommand(exit: (code: number) => void): Command {
  const collect = (name: string, before: readonly string[]) => [...before, name.toLowerCase()]
  return new Command('classify')
    .description('tell for each SQL statement where it would run, and why')
    .argument('[file]', 'a file of statements; - or nothing for the standard input', '-')
    .option('--json', 'one JSON object for each statement', false)
    .option('--jsonl', 'each line of the input is a JSON string that holds one text', false)
    .option('--summary', 'only totals by route and reason', false)
    .addOption(new Option('--dialect <name>', 'whose SQL it is').choices(['postgres']).default('postgres'))
    .option('--read-function <name>', 'a function that only reads; may be given again', collect, [])
    .option('--write-function <name>', 'a function that writes; may be given again', collect, [])
    .addHelpText('after', HELP)
    .action(async (file: string, given: Given) => {
      const options = { ...given, readFunctions: given.readFunction, writeFunctions: given.writeFunction }
      const input = file === '-' ? process.stdin : createReadStream(file)
      input.setEncoding('utf8')
      try {
        exit(await runClassify(options, { input, out: process.stdout, err: process.stderr }))
      } catch (error) {
        process.stderr.write(`sluice classify: cannot read ${file}: ${(error as Error).message}\n`)
        exit(1)
      }
    })
}

interface Given {
  readonly json: boolean
  readonly jsonl: boolean
  readonly summary: boolean
  readonly readFunction: readonly string[]
  readonly writeFunction: readonly string[]
}
