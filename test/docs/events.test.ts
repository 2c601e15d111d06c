import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { REPOSITORY } from './markdown.js'

const read = (path: string) => readFileSync(join(REPOSITORY, path), 'utf8')

test('docs/events.md has a row for every event, and no other', () => {
  const body = /interface ClusterEvents \{\n([\s\S]*?)\n\}/.exec(read('src/model/events.ts'))?.[1] ?? ''
  const declared = [...body.matchAll(/^ {2}(\w+):/gm)].map((found) => found[1])
  const table = read('docs/events.md').split('## At any time')[0] ?? ''
  const described = [...table.matchAll(/^\| `(\w+)`/gm)].map((found) => found[1])

  assert.ok(declared.length > 5, `${declared.length} events`)
  assert.deepEqual(described.sort(), declared.sort())
})
