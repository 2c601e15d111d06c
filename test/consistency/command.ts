import { Command, InvalidArgumentError, Option } from 'commander'
import { startCluster } from '../../src/testing.js'
import { FAULT_NAMES, FAULTS, type FaultName, NODE_FAULT_NAMES } from './faults.js'
import { LEVELS, type Level } from './level.js'
import { USUAL_MIX } from './plan.js'
import { reportOf, textOf } from './report.js'
import { type RunOptions, runCheck } from './run.js'

const HELP = `
Sessions write and read registers and lists through the pool, on a real primary with two replicas, while faults befall
them. Then everything that each session saw is checked: that it read its own writes, never went back in time, saw only
what was written, once, and that the primary holds every write that was acknowledged.

Examples:
  npm run check:consistency -- --seconds 600                    every fault of single nodes, for ten minutes
  npm run check:consistency -- --level eventual --faults none   shows that the checker sees what a lag of 50 ms does
  npm run check:consistency -- --level timer --timer 1000 --lag 2000 --slow 1
                                                                a timer of 1 s against a lag of 2 s
  npm run check:consistency -- --faults pause,kill,promote      these; promote makes commits wait for a second node
  npm run check:consistency -- --seed 7                         the same plans and faults as another run with this seed

Levels:
  session    a replica that shows what the session wrote and has seen
  tables     the same, by table: lists are one; registers have a trigger, so that writing one may have written any
  eventual   any replica reads
  timer      reads stay on the primary for --timer ms after a write of their session
  strong     the primary reads

Faults:
${NODE_FAULT_NAMES.map((name) => `  ${name.padEnd(20)} ${FAULTS[name].help}`).join('\n')}
  promote              the primary crashes, a replica takes its place, the old primary comes back as a replica

The same seed draws the same sessions and the same faults; when they meet depends on the machine.

Exit codes:
  0   no violation
  1   violations
  2   the command line is wrong, or the check could not be run to its end`

interface Given {
  readonly seconds: number
  readonly seed: number
  readonly level: Level
  readonly timer: number
  readonly faults: readonly FaultName[]
  readonly lag: number
  readonly sessions: number
  readonly writes: number
  readonly slow: number
  readonly operations: number
  readonly json: boolean
}

/** `npm run check:consistency`. */
export function checkCommand(exit: (code: number) => void): Command {
  return new Command('npm run check:consistency --')
    .description('check what sessions see while a cluster is in trouble')
    .option('--seconds <n>', 'how long', above(0), 60)
    .option('--seed <n>', 'what to draw plans and faults by (default: any)', whole, Math.floor(Math.random() * 1e6))
    .addOption(new Option('--level <name>', 'how reads are kept consistent').choices(LEVELS).default('session'))
    .option('--timer <ms>', 'of the level timer', above(0), 5000)
    .option('--faults <list>', 'all (without promote), none, or names with commas', faultList, NODE_FAULT_NAMES)
    .option('--lag <ms>', 'how much replicas lag when all is well', whole, 50)
    .option('--sessions <n>', 'how many live at once', above(0), 12)
    .option('--writes <share>', 'of all operations, from 0 to 0.4', share(0.4), USUAL_MIX.writes)
    .option('--slow <share>', 'of all sessions, those that pause between steps', share(1), USUAL_MIX.slowSessions)
    .option('--operations <n>', 'stop after so many: they are kept in memory', above(0), 1_000_000)
    .option('--json', 'print one JSON object', false)
    .addHelpText('after', HELP)
    .exitOverride()
    .showHelpAfterError('(--help tells what there is)')
    .action(async (given: Given) => exit(await checkAndPrint(given)))
}

async function checkAndPrint(given: Given): Promise<number> {
  await using cluster = await startCluster({ replicas: 2 })
  const report = reportOf(await runCheck(cluster, optionsOf(given)), given)
  process.stdout.write(`${given.json ? JSON.stringify(report) : textOf(report)}\n`)
  return Object.keys(report.broken).length === 0 ? 0 : 1
}

function optionsOf(given: Given): RunOptions {
  const { level, timer, seed, seconds, operations, sessions, faults, lag, writes, slow } = given
  return {
    ...{ level, timerMs: timer, seed, sessions, faults, lagMs: lag, maxOperations: operations },
    durationMs: seconds * 1000,
    mix: { ...USUAL_MIX, writes, slowSessions: slow },
    progress: ({ elapsedMs, operations, episodes }) => {
      const under = episodes.filter((it) => it.endMs === Infinity).map((it) => `${it.fault} of ${it.node}`)
      const now = under.length === 0 ? '' : `, now ${under.join(', ')}`
      process.stderr.write(
        `${Math.round(elapsedMs / 1000)} s: ${operations} operations, ${episodes.length} faults${now}\n`,
      )
    },
  }
}

function whole(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It must be a whole number of at least 0.')
  return Number(text)
}

function above(least: number): (text: string) => number {
  return (text) => {
    const number = Number(text)
    if (Number.isFinite(number) && number > least) return number
    throw new InvalidArgumentError(`It must be a number above ${least}.`)
  }
}

function share(most: number): (text: string) => number {
  return (text) => {
    const number = Number(text)
    if (number >= 0 && number <= most) return number
    throw new InvalidArgumentError(`It must be a number from 0 to ${most}.`)
  }
}

function faultList(text: string): readonly FaultName[] {
  if (text === 'none') return []
  if (text === 'all') return NODE_FAULT_NAMES
  const names = text.split(',')
  const unknown = names.filter((name) => !FAULT_NAMES.some((it) => it === name))
  if (unknown.length > 0) {
    throw new InvalidArgumentError(`There is no ${unknown.join(', ')}; there are ${FAULT_NAMES.join(', ')}.`)
  }
  return names as readonly FaultName[]
}
