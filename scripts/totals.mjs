// A reporter for node:test: one line of JSON with the totals of the whole run. Plain JavaScript, because the runner
// loads its reporters before any loader of TypeScript.
export default async function* totals(events) {
  const seen = {}
  for await (const { type, data } of events) {
    const [, name, count] = type === 'test:diagnostic' ? (/^(\w+) (\d+)$/.exec(data.message) ?? []) : []
    if (name !== undefined) seen[name] = Number(count)
  }
  yield `${JSON.stringify(seen)}\n`
}
