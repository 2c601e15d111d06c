import { Command, InvalidArgumentError } from 'commander'
import { DEFAULT_DIR } from './with-cluster.js'

/** A command on a local cluster. */
export function clusterCommand(name: string, description: string, help: string): Command {
  return new Command(name)
    .description(description)
    .option('--dir <folder>', 'where the cluster is', DEFAULT_DIR)
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
