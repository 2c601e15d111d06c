// Puts the pool under test in the place of the one that the suite ships with: `require('../')` in its files.
const Module = require('node:module')
const path = require('node:path')

const resolveFilename = Module._resolveFilename
Module._resolveFilename = function (request, parent, ...rest) {
  const isSuite = parent?.filename?.includes(`${path.sep}pg-pool-suite${path.sep}test${path.sep}`)
  if (isSuite && request === '../') return path.join(__dirname, 'pool-under-test.cjs')
  return resolveFilename.call(this, request, parent, ...rest)
}
