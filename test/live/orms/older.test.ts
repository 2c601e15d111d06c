import { need } from '../../support/need.js'
import { isThere, OLDER, openOther } from '../../support/orms/other.js'
import { testLibrary } from '../../support/orms/scenario.js'

// What every library must do, with the oldest version that is supported and some between.
for (const older of OLDER) {
  const what = 'older versions of ORMs (npm ci --prefix test/versions)'
  const { skip } = need({ suite: `the pool under ${older.name}`, what, isThere: isThere(older) })
  if (skip === false) testLibrary((await openOther(older)).library, () => {})
}
