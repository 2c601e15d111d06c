import type { Row } from './row.js'

const LONGEST_SHOWN = 72

export function jsonLine(row: Row): string {
  return `${JSON.stringify(row)}\n`
}

/** Route, intent and reason in columns, then the statement on one line, cut where it gets long. */
export function textLine({ route, intent, reason, detail, sql }: Row): string {
  const why = detail === undefined ? reason : `${reason} (${detail})`
  return `${route.padEnd(8)} ${intent.padEnd(8)} ${why.padEnd(36)} ${oneLine(sql)}\n`
}

/** Anything that would leave the line, or act on a terminal, becomes a blank. */
export function oneLine(text: string): string {
  let line = ''
  for (const character of text) {
    const isBlank = character <= ' ' || (character >= '\u007f' && character <= '\u009f')
    if (isBlank && line.endsWith(' ')) continue
    line += isBlank ? ' ' : character
    if (line.length > LONGEST_SHOWN) return `${line.slice(0, LONGEST_SHOWN - 1)}…`
  }
  return line
}
