import { isNothing, type Reading } from './reading.js'
import { rubyPattern } from './ruby-pattern.js'

export type IsConnectionError = (error: Error) => boolean | undefined

/**
 * `connection_error_matchers` as a judgement of errors: whoever matches takes the node out; all else is left to Sluice,
 * which judges by code.
 */
export function errorMatchers(path: string, given: unknown, reading: Reading): IsConnectionError | undefined {
  if (isNothing(given)) return undefined
  const matchers = reading.list(path, given).flatMap((it, i) => readMatcher(`${path}[${i}]`, it, reading))
  if (matchers.length === 0) return undefined
  reading.warn(path, 'were written for the messages of a Ruby driver: compare them with those of pg, or drop them')
  return (error) => (matchers.some((matches) => matches(error.message)) ? true : undefined)
}

type Matches = (message: string) => boolean

/** As Makara reads them: `/…/` and a flag is a pattern, any other text the whole message. */
function readMatcher(path: string, given: unknown, reading: Reading): readonly Matches[] {
  if (given instanceof RegExp) return [(message) => given.test(message)]
  const text = reading.text(path, given)
  if (text === undefined) return []
  const [, source, flags = ''] = /^\/(.+)\/([a-z]*)$/s.exec(text) ?? []
  if (source === undefined) return [(message) => message === text]
  const pattern = rubyPattern(source, flags)
  if (typeof pattern !== 'string') return [(message) => pattern.test(message)]
  reading.problems.add(path, `must have an equal in JavaScript: it holds ${pattern}; write isConnectionError`, text)
  return []
}
