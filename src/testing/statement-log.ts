/** How each line of a server's log begins: a statement's own lines begin with a tab, and cannot be mistaken for it. */
export const LOG_LINE_PREFIX = '@%p@ '

const SIMPLE = 'LOG:  statement: '
const EXTENDED = 'LOG:  execute '
/** The next rows of a statement that has been logged already. */
const MORE_ROWS = 'LOG:  execute fetch from '

/**
 * Every statement that a server says it was asked to run, in order, from a part of its log. Needs `log_statement = all`.
 *
 * The texts are those that were sent, with `$1` where a parameter stood. A simple query is logged even if it then fails;
 * one with parameters only when it is executed.
 */
export function statementsIn(log: string): readonly string[] {
  const statements: string[] = []
  let current: string | undefined
  for (const line of log.split('\n')) {
    if (line.startsWith('\t') && current !== undefined) {
      current += `\n${line.slice(1)}`
      continue
    }
    if (current !== undefined) statements.push(current)
    current = statementOf(line)
  }
  if (current !== undefined) statements.push(current)
  return statements
}

function statementOf(line: string): string | undefined {
  const said = /^@\d+@ (.*)$/s.exec(line)?.[1]
  if (said?.startsWith(SIMPLE)) return said.slice(SIMPLE.length)
  if (!said?.startsWith(EXTENDED) || said.startsWith(MORE_ROWS)) return undefined
  // `execute <unnamed>: text`, or the statement's name, in which a colon followed by a blank would mislead us.
  const colon = said.indexOf(': ', EXTENDED.length)
  return colon < 0 ? undefined : said.slice(colon + 2)
}
