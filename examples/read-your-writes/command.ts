import { Command, InvalidArgumentError } from 'commander'
import { type Service, startService } from './service.js'
import { complaintsOf, tour } from './tour.js'
import { HEADING, lineOfRow } from './tour-table.js'

const HELP = `
A page with a note, on a real primary with two replicas that are behind as far as you like. Save the note and see whether
the page that you are sent to shows it, and which node answered each statement, and why.

The same with curl, a session by cookie and by header:
  curl -sL -c jar -b jar -d body=hello -d mode=eventual http://127.0.0.1:3000/note
  curl -si -H 'x-sluice-session;' --json '{"body":"hello"}' http://127.0.0.1:3000/api/note
  curl -s -H 'x-sluice-session: TOKEN' 'http://127.0.0.1:3000/api/note?mode=session&saved=VERSION'
  curl -s --json '{"ms":2000}' http://127.0.0.1:3000/api/lag

Examples:
  npm run example:read-your-writes
  npm run example:read-your-writes -- --port 8080
  npm run example:read-your-writes -- --tour      every mode under every lag, in half a minute

Exit codes:
  0   stopped by SIGINT or SIGTERM; the tour saw what it should
  1   the tour saw a stale page in the mode session, or none in the mode eventual at 2000 ms
  2   the command line is wrong, or the service did not start, or the tour was not finished`

interface Given {
  readonly port?: number
  readonly tour: boolean
  readonly pairs: number
  readonly json: boolean
}

/** `npm run example:read-your-writes`. @param signal ends it. */
export function exampleCommand(signal: AbortSignal, exit: (code: number) => void): Command {
  return new Command('npm run example:read-your-writes --')
    .description('see, or do not see, what you wrote')
    .option('--port <n>', 'where to listen, on 127.0.0.1 (default: 3000, or any other if that is taken)', portNumber)
    .option('--tour', 'go through every mode and lag, print what was seen, and end', false)
    .option('--pairs <n>', 'of the tour: how many edit and look in each mode under each lag', count, 10)
    .option('--json', 'print one line of JSON: where it listens, or the table of the tour', false)
    .addHelpText('after', HELP)
    .exitOverride()
    .showHelpAfterError('(--help tells what there is)')
    .action(async (given: Given) => exit(await run(given, signal)))
}

async function run(given: Given, signal: AbortSignal): Promise<number> {
  // A tour disturbs nobody who looks at the usual port.
  const service = await startService(given.port ?? (given.tour ? 0 : undefined))
  try {
    return given.tour ? await showTour(service, given, signal) : await serve(service, given, signal)
  } finally {
    await service.stop()
  }
}

async function serve({ url, major }: Service, { json }: Given, signal: AbortSignal): Promise<number> {
  if (signal.aborted) return 0
  const text = `PostgreSQL ${major}: a primary and two replicas. Open ${url} in a browser; Ctrl-C ends it.`
  print(json ? JSON.stringify({ url, postgresql: major }) : text)
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
  return 0
}

async function showTour({ url }: Service, { pairs, json }: Given, signal: AbortSignal): Promise<number> {
  const say = json ? () => undefined : print
  say(HEADING)
  const rows = await tour({ url, pairs, signal, onRow: (row) => say(lineOfRow(row)) })
  const complaints = complaintsOf(rows)
  if (json) print(JSON.stringify({ rows, complaints }))
  for (const complaint of complaints) say(complaint)
  return complaints.length === 0 ? 0 : 1
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

function portNumber(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text)
  throw new InvalidArgumentError('It must be a whole number from 0, any free port, to 65535.')
}

function count(text: string): number {
  if (/^[1-9]\d?$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It must be a whole number from 1 to 99.')
}
