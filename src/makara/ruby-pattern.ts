/** What Ruby's patterns have and JavaScript's have not, or not alike: better refused than read differently. */
const FOREIGN: readonly (readonly [RegExp, string])[] = [
  [/^\(\?>/, 'an atomic group'],
  [/^\(\?[a-z-]+[:)]/, 'flags in the middle'],
  [/^\(\?#/, 'a comment'],
  [/^\(\?\(/, 'a condition'],
  [/^\\[GKRXg]/, 'an escape that JavaScript lacks'],
  [/^\\p/i, 'a Unicode property'],
  [/^[*+?]\+/, 'a possessive quantifier'],
]

const ANCHORS: Readonly<Record<string, string>> = {
  '\\A': '(?<![\\s\\S])',
  '\\z': '(?![\\s\\S])',
  '\\Z': '(?=\\n?(?![\\s\\S]))',
  '\\h': '[0-9a-fA-F]',
  '\\H': '[^0-9a-fA-F]',
}

const POSIX: Readonly<Record<string, string>> = {
  '[:alpha:]': 'a-zA-Z',
  '[:digit:]': '0-9',
  '[:alnum:]': 'a-zA-Z0-9',
  '[:upper:]': 'A-Z',
  '[:lower:]': 'a-z',
  '[:space:]': '\\s',
  '[:xdigit:]': '0-9a-fA-F',
  '[:word:]': '\\w',
}

/**
 * A pattern as Ruby means it, for JavaScript. In Ruby `^` and `$` are the ends of lines, `m` lets the dot match line
 * breaks, and `x` ignores white space and comments.
 *
 * @param flags any of `i`, `m` and `x`.
 * @returns what stands in the way, in words, if it has no equal.
 */
export function rubyPattern(source: string, flags: string): RegExp | string {
  const translated = translate(source, flags.includes('x'))
  if (typeof translated !== 'string') return translated.foreign
  try {
    return new RegExp(translated, `m${flags.includes('i') ? 'i' : ''}${flags.includes('m') ? 's' : ''}`)
  } catch {
    return 'something that JavaScript does not accept'
  }
}

function translate(source: string, isExtended: boolean): string | { readonly foreign: string } {
  let pattern = ''
  let isInClass = false
  for (let at = 0; at < source.length; ) {
    const rest = source.slice(at)
    const foreign = foreignAt(rest, isInClass)
    if (foreign !== undefined) return { foreign }
    const ignored = isExtended && !isInClass ? (/^(\s+|#[^\n]*)/.exec(rest)?.[0].length ?? 0) : 0
    const [length, written] = ignored > 0 ? [ignored, ''] : next(rest, isInClass)
    if (length === 1 && rest[0] === '[') isInClass = true
    if (length === 1 && rest[0] === ']') isInClass = false
    pattern += written
    at += length
  }
  return pattern
}

function foreignAt(rest: string, isInClass: boolean): string | undefined {
  if (!isInClass) return FOREIGN.find(([start]) => start.test(rest))?.[1]
  if (rest.startsWith('&&')) return 'an intersection of classes'
  return rest[0] === '[' && !/^\[:\w+:\]/.test(rest) ? 'a class within a class' : undefined
}

/** How much of the text is one piece, and what it is in JavaScript. */
function next(rest: string, isInClass: boolean): readonly [number, string] {
  const posix = isInClass ? /^\[:\w+:\]/.exec(rest)?.[0] : undefined
  if (posix !== undefined && POSIX[posix] !== undefined) return [posix.length, POSIX[posix]]
  if (rest[0] !== '\\') return [1, rest[0] as string]
  const escaped = rest.slice(0, 2)
  const anchor = ANCHORS[escaped]
  if (anchor === undefined) return [2, escaped]
  return [2, isInClass ? anchor.replace(/^\[|\]$/g, '') : anchor]
}
