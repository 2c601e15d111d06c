import { appendFileSync } from 'node:fs'

/** A part that not every machine has. */
export interface Part {
  /** The suite that needs it, as the list of skipped suites shall name it. */
  readonly suite: string
  /** What is needed, and the package that brings it. */
  readonly what: string
  readonly isThere: boolean
}

/**
 * Options for a suite that needs this part: skipped without it, and named at the end of the run. Where every part is
 * required, its absence is an error.
 */
export function need(part: Part): { readonly skip: string | false } {
  if (part.isThere) return { skip: false }
  if (process.env['SLUICE_REQUIRE_ALL'] === '1') throw new Error(`${part.suite} needs ${part.what}`)
  const list = process.env['SLUICE_SKIPS']
  if (list !== undefined) appendFileSync(list, `${part.suite}: needs ${part.what}\n`)
  return { skip: `needs ${part.what}` }
}
