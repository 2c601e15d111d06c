import { Command, InvalidArgumentError } from 'commander'
import { DEFAULT_DIR, DEFAULT_FILE } from './open-cluster.js'

/** A command on a cluster. */
export function clusterCommand(name: string, description: string, help: string): Command {
  return new Command(name)
    .description(description)
    .option('--file <sluice.yaml>', `the cluster on hosts that it describes; ${DEFAULT_FILE} where there is one`)
    .option('--dir <folder>', `the local cluster in it; ${DEFAULT_DIR} otherwise`)
    .option('--json', 'print JSON, one object on a line', false)
    .addHelpText('after', `\n${help.trim()}`)
}

/** One that changes something. */
export function operationCommand(name: string, description: string, help: string): Command {
  return clusterCommand(name, description, help).option('--dry-run', 'print the plan, and do nothing', false)
}

export function wholeNumber(from: number, to: number): (text: string) => number {
  return (text) => {
    const number = Number(text)
    if (Number.isInteger(number) && number >= from && number <= to && text.trim() !== '') return number
    throw new InvalidArgumentError(`It must be a whole number from ${from} to ${to}.`)
  }
}

export const EXIT_CODES = `Exit codes:
  0   done
  1   refused, or a step failed: the message says which, why, and what to do
  2   the command line is wrong`
