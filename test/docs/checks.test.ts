import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { CHECKS } from '../../src/replication/postgresql/doctor/checks.js'

test('docs/doctor.md has every check, as it is', () => {
  const text = readFileSync(join(import.meta.dirname, '../../docs/doctor.md'), 'utf8')
  const rows = text.split('\n').filter((line) => line.startsWith('| `') && !line.startsWith('| `--'))
  const expected = CHECKS.map((it) => `| \`${it.id}\` | ${it.severity} | ${it.looksAt} | ${it.why} |`)
  assert.deepEqual(rows, expected)
})
