import assert from 'node:assert/strict'
import { test } from 'node:test'
import { need } from '../../support/need.js'
import { isThere, NEWER, openOther } from '../../support/orms/other.js'
import { testLibrary } from '../../support/orms/scenario.js'
import type * as slonik from '../../support/orms/slonik.js'

// What every library must do, with the newest version where that needs a newer Node.js than the project does. On an
// older one there is nothing to test here: npm run test:versions has the newer ones.
const ownNode = Number.parseInt(process.versions.node, 10)
for (const newer of NEWER.filter((it) => it.node <= ownNode)) {
  const what = 'newer versions of ORMs (npm ci --prefix test/versions)'
  const { skip } = need({ suite: `the pool under ${newer.name}`, what, isThere: isThere(newer) })
  if (skip !== false) continue
  const { library, loaded } = await openOther(newer)
  testLibrary(library, (bench) => {
    if (newer.file !== 'slonik') return
    test('a prepared statement has its name on the server', async () => {
      const { namesPrepared } = loaded as unknown as typeof slonik
      assert.deepEqual(await namesPrepared(bench().pool, 'count_of_books'), ['count_of_books'])
    })
  })
}
