// Loaded before each file of tests: one that is about to be given up says which of its tests have not ended, and what
// keeps its process alive. The runner itself says no more than the file's name.
import { afterEach, beforeEach } from 'node:test'

const AHEAD_MS = 5000
const timeoutMs = Number(process.env.SLUICE_FILE_TIMEOUT_MS)

if (timeoutMs > AHEAD_MS && process.env.NODE_TEST_CONTEXT !== undefined) {
  const running = new Set()
  let last = 'none'
  beforeEach((t) => running.add(t.name))
  afterEach((t) => {
    running.delete(t.name)
    last = t.name
  })
  setTimeout(() => {
    // A pool that is ended there waits for a client that a test which failed has kept.
    const hooks = `no test runs, but perhaps what is after one, or after all; the last was: ${last}`
    const tests = running.size === 0 ? hooks : `not ended: ${[...running].join(', ')}`
    console.error(`${process.argv[1]} is stuck; ${tests}`)
    console.error(`alive: ${process.getActiveResourcesInfo().join(', ')}`)
    for (const handle of process._getActiveHandles()) console.error(`  ${described(handle)}`)
  }, timeoutMs - AHEAD_MS).unref()
}

function described(handle) {
  const { spawnargs, pid, localPort, remotePort, destroyed } = handle
  const parts = { spawnargs: spawnargs?.slice(0, 4).join(' ').slice(0, 200), pid, localPort, remotePort, destroyed }
  return `${handle.constructor.name} ${JSON.stringify(parts)}`
}
