import { createReadStream } from 'node:fs'
import { Command, Option } from 'commander'
import { inputText, progressOn, sinkOf } from '../streams.js'
import { runClassify } from './run.js'

const HELP = `
Examples:
  sluice classify queries.sql                      a line for each statement: route, intent, reason
  sluice classify --summary queries.sql            totals by route and reason
  sluice classify --jsonl --json log.jsonl         a JSON string on each line in, a JSON object on each line out
  echo 'select now()' | sluice classify -          from the standard input

Routes:
  replica   may run on a replica
  primary   must run on the primary
  all       changes the session, and must reach every connection that it uses

A function that is not built into PostgreSQL counts as a write here; a pool looks it up in the catalogue.
Name those that only read with --read-function. docs/cli.md tells the rest, docs/routing.md every reason.

Exit codes:
  0   everything was classified
  1   the input cannot be read, or a line of --jsonl is not a JSON string
  2   the command line is wrong`

/** `sluice classify`: how a team tries Sluice on its own query log before trusting it. */
export function classifyCommand(exit: (code: number) => void): Command {
  return new Command('classify')
    .description('tell for each SQL statement where it would run, and why')
    .argument('[file]', 'a script as psql reads it; - for the standard input', '-')
    .option('--json', 'print one JSON object a line', false)
    .option('--jsonl', 'read one JSON string a line, each a text as an application sends it', false)
    .option('--summary', 'print totals by route and reason only', false)
    .addOption(new Option('--dialect <name>', 'whose SQL it is').choices(['postgres']).default('postgres'))
    .option('--read-function <name>', 'a function that only reads; can be repeated', lowerCased, [])
    .option('--write-function <name>', 'a function that writes; can be repeated', lowerCased, [])
    .option('--primary-table <name>', 'a table only read on the primary; can be repeated', lowerCased, [])
    .option('--backslash-escapes', 'as with standard_conforming_strings off', false)
    .addHelpText('after', HELP)
    .action(async (file: string, given: Given) => exit(await classifyFile(file, given)))
}

interface Given {
  readonly json: boolean
  readonly jsonl: boolean
  readonly summary: boolean
  readonly readFunction: readonly string[]
  readonly writeFunction: readonly string[]
  readonly primaryTable: readonly string[]
  readonly backslashEscapes: boolean
}

async function classifyFile(file: string, given: Given): Promise<number> {
  const { json, jsonl, summary } = given
  const options = {
    ...{ json, jsonl, summary, standardConformingStrings: !given.backslashEscapes },
    ...{ readFunctions: given.readFunction, writeFunctions: given.writeFunction },
    primaryTables: given.primaryTable,
  }
  const input = file === '-' ? process.stdin : createReadStream(file)
  const progress = progressOn(process.stderr, summary || !process.stdout.isTTY)
  const streams = { input: inputText(input), out: sinkOf(process.stdout), err: process.stderr }
  try {
    return await runClassify(options, progress === undefined ? streams : { ...streams, progress: progress.show })
  } catch (error) {
    process.stderr.write(
      `sluice classify: cannot read ${file === '-' ? 'the standard input' : file}: ${messageOf(error)}\n`,
    )
    return 1
  } finally {
    progress?.clear()
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function lowerCased(name: string, before: readonly string[]): readonly string[] {
  return [...before, name.toLowerCase()]
}
