import type { Hint } from '../../model/intent.js'

/**
 * A wish in a comment before the statement: a comment with `sluice: primary`, `replica`, or `node=NAME`. Those of proxies that
 * people come from are understood too: pgpool-II's, PgDog's and MaxScale's.
 *
 * Only leading comments count, and nothing is read behind them: a hint costs the others nothing.
 */
export function findHint(text: string): Hint | undefined {
  let at = 0
  for (;;) {
    while (at < text.length && text.charCodeAt(at) <= 32) at++
    const isBlock = text.startsWith('/*', at)
    if (!isBlock && !text.startsWith('--', at)) return undefined
    const end = isBlock ? text.indexOf('*/', at + 2) : endOfLine(text, at)
    if (end < 0) return undefined
    const hint = readHint(text.slice(at + 2, Math.min(end, at + 2 + LONGEST_HINT)).trim())
    if (hint !== undefined) return hint
    at = isBlock ? end + 2 : end
  }
}

/** Longer comments are not hints: a node's name is at most 63 characters. */
const LONGEST_HINT = 120

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from)
  return end < 0 ? text.length : end
}

function readHint(comment: string): Hint | undefined {
  const lower = comment.toLowerCase()
  const fixed = FIXED.get(lower)
  if (fixed !== undefined) return fixed
  const ours = after(lower, comment, 'sluice:')
  if (ours !== undefined) return readOurs(ours)
  const pgdog = after(lower, comment, 'pgdog_role:')
  if (pgdog !== undefined) return FIXED.get(`sluice: ${pgdog.toLowerCase()}`)
  const server = after(lower, comment, 'maxscale route to server ')
  return server === undefined ? undefined : { to: 'node', node: server }
}

function readOurs(wish: string): Hint | undefined {
  const lower = wish.toLowerCase()
  if (lower === 'primary' || lower === 'replica') return { to: lower }
  const value = after(lower, wish, 'node')
  const node = value?.startsWith('=') === true ? value.slice(1).trim() : ''
  return node === '' ? undefined : { to: 'node', node }
}

const PRIMARY: Hint = { to: 'primary' }
const REPLICA: Hint = { to: 'replica' }

const FIXED: ReadonlyMap<string, Hint> = new Map([
  ['sluice: primary', PRIMARY],
  ['sluice: replica', REPLICA],
  ['no load balance', PRIMARY],
  ['maxscale route to master', PRIMARY],
  ['maxscale route to slave', REPLICA],
])

function after(lower: string, original: string, prefix: string): string | undefined {
  return lower.startsWith(prefix) ? original.slice(prefix.length).trim() : undefined
}
