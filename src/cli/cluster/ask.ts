import { createInterface } from 'node:readline/promises'

/** Asks whoever sits at the terminal; where nobody does, the answer is no. */
export async function askYesNo(question: string): Promise<boolean> {
  return /^y(es)?$/i.test(await ask(`${question} [y/N]`, 'n'))
}

/** @returns what was typed; `otherwise` for nothing, and where nobody sits at a terminal. */
export async function ask(question: string, otherwise: string): Promise<string> {
  if (process.stdin.isTTY !== true) return otherwise
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return (await terminal.question(`${question} `)).trim() || otherwise
  } finally {
    terminal.close()
  }
}
