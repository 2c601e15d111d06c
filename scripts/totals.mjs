// A reporter for node:test: one line of JSON with the totals of the whole run, and what failed and why. Plain
// JavaScript, because the runner loads its reporters before any loader of TypeScript.
import { relative } from 'node:path'

/** Enough for a stack and a comparison; the whole of it stands where the test ran. */
const LINES_OF_A_FAILURE = 25

export default async function* totals(events) {
  const seen = {}
  const failures = []
  for await (const { type, data } of events) {
    const [, name, count] = type === 'test:diagnostic' ? (/^(\w+) (\d+)$/.exec(data.message) ?? []) : []
    if (name !== undefined) seen[name] = Number(count)
    // A suite that fails because of a test in it says nothing new.
    if (type === 'test:fail' && data.details.error?.failureType !== 'subtestsFailed') failures.push(described(data))
  }
  yield `${JSON.stringify({ ...seen, failures })}\n`
}

function described({ name, file, details: { error } }) {
  const why = error?.cause?.stack ?? error?.cause?.message ?? error?.message ?? String(error)
  const where = file === undefined ? '' : ` (${relative(process.cwd(), file)})`
  return [`${name}${where}`, ...String(why).split('\n').slice(0, LINES_OF_A_FAILURE)].join('\n  ')
}
