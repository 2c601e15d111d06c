/** How each line of a server's log begins: so that a statement's own lines, which begin with a tab, cannot be mistaken. */
export const LOG_LINE_PREFIX = '@%p@ '

const SIMPLE = 'LOG:  statement: '
const EXTENDED = 'LOG:  execute '

/** Every statement that a server says it ran, in order, from a part of its log. Needs `log_statement = all`. */
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
  const end = line.startsWith('@') ? line.indexOf('@ ', 1) : -1
  if (end < 0) return undefined
  const said = line.slice(end + 2)
  if (said.startsWith(SIMPLE)) return said.slice(SIMPLE.length)
  if (!said.startsWith(EXTENDED)) return undefined
  // `execute <unnamed>: text`, or the statement's name: names hold no colon and blank, as drivers make them.
  const colon = said.indexOf(': ', EXTENDED.length)
  return colon < 0 ? undefined : said.slice(colon + 2)
}
