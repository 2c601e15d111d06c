import assert from 'node:assert/strict'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, beforeEach, test } from 'node:test'
import { startCluster, type TestCluster } from '../../../src/testing.js'
import { clusterProcess } from '../../support/cluster-process.js'
import { eventually } from '../../support/pool.js'
import { defaultBinDir, notingPrograms, openFolder } from '../../support/programs.js'
import { childrenOf, connection, failureOf, isThere } from '../../support/servers.js'

/** All clusters of this file are made in it: it is empty when nothing is left. */
const folder = openFolder('cleanup-')
after(() => rmSync(folder, { recursive: true }))
beforeEach(() => assert.deepEqual(readdirSync(folder), []))

const DEADLINE_MS = 30_000

/** Every process that works in our folder: servers, their children, and whatever looks after them. */
function processes(): readonly number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && commandOf(pid).includes(folder) && isThere(pid))
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1')
  } catch {
    return ''
  }
}

async function untilNothingIsLeft(pids: readonly number[], own: readonly number[] = []): Promise<void> {
  await eventually(
    () => ({
      folders: readdirSync(folder),
      processes: [...processes(), ...pids.filter(isThere)].filter((it) => !own.includes(it)),
    }),
    (left) => left.folders.length + left.processes.length === 0,
    DEADLINE_MS,
  )
}

const familyOf = (pids: readonly number[]) => pids.flatMap((pid) => [pid, ...childrenOf(pid)])
const pidsOf = (cluster: TestCluster) => cluster.nodes.flatMap((it) => it.pid ?? [])

test('stop leaves no process and no folder, with clients connected and nodes in any state', async (t) => {
  const cluster = await startCluster({ replicas: 3, dir: folder })
  const pids = familyOf(pidsOf(cluster))
  await connection(t, cluster.primary.url)
  await cluster.freeze('replica-1')
  await cluster.stop('replica-2', 'kill')
  await cluster.node('replica-3').upstream.halfOpen()
  await cluster.stop()
  assert.deepEqual([pids.filter(isThere), processes(), readdirSync(folder)], [[], [], []])
})

test('stop may be called twice, at once and later', async () => {
  const cluster = await startCluster({ replicas: 1, dir: folder })
  await Promise.all([cluster.stop(), cluster.stop()])
  await cluster.stop()
  assert.deepEqual(readdirSync(folder), [])
})

test('a killed server leaves no shared memory of the system', async () => {
  const cluster = await startCluster({ replicas: 0, dir: folder })
  const note = readFileSync(join(cluster.primary.dataDir, 'postmaster.pid'), 'utf8').split('\n')
  const id = note[6]!.trim().split(/\s+/)[1]!
  assert.ok(sharedMemory().includes(id))
  await cluster.stop('primary', 'kill')
  await cluster.stop()
  assert.ok(!sharedMemory().includes(id))
})

const failures = [
  {
    what: 'a server that does not start',
    broken: { postgres: 'cannot allocate memory' },
    says: /cannot allocate memory/,
  },
  { what: 'a setting that PostgreSQL refuses', settings: { work_mem: 'much' }, says: /invalid value for parameter/ },
] as const

for (const { what, says, ...how } of failures) {
  test(`a start that fails because of ${what} leaves nothing`, async (t) => {
    const programs = 'broken' in how ? await notingPrograms({ broken: how.broken }) : undefined
    t.after(() => programs?.remove())
    const binDir = programs?.binDir ?? (await defaultBinDir())
    const settings = 'settings' in how ? how.settings : {}
    const error = await failureOf(startCluster({ dir: folder, binDir, settings }))
    assert.match(error.message, says)
    assert.deepEqual([readdirSync(folder), processes()], [[], []])
  })
}

for (const { signal, frozen } of [
  { signal: 'SIGINT', frozen: [] },
  { signal: 'SIGTERM', frozen: [] },
  { signal: 'SIGKILL', frozen: ['replica-1'] },
] as const) {
  test(`${signal} to the process that started a cluster leaves nothing`, async (t) => {
    const { child, started } = clusterProcess(t, { replicas: frozen.length, dir: folder, frozen })
    const { pids } = await started
    const family = familyOf(pids)
    assert.ok(family.length > 4)
    child.kill(signal)
    await untilNothingIsLeft(family)
  })
}

test('SIGKILL in the middle of a start leaves nothing, not even in the cache', async (t) => {
  const cache = openFolder('cache-')
  t.after(() => rmSync(cache, { recursive: true }))
  for (const moment of [() => readdirSync(cache).length > 0, () => readdirSync(folder).length > 0]) {
    const { child, started } = clusterProcess(t, { replicas: 0, dir: folder, env: { SLUICE_CACHE: cache } })
    const failed = failureOf(started)
    await eventually(moment, (it) => it, DEADLINE_MS)
    child.kill('SIGKILL')
    await failed
    await untilNothingIsLeft([], [child.pid!])
    await eventually(
      () => readdirSync(cache).filter((it) => it.startsWith('unfinished-')),
      (it) => it.length === 0,
      DEADLINE_MS,
    )
  }
})

test('a process that has nothing else to do ends although it did not stop its cluster', async (t) => {
  const { child, started } = clusterProcess(t, { replicas: 0, dir: folder, abandoned: true })
  const { pids } = await started
  await eventually(
    () => child.exitCode,
    (code) => code === 0,
    DEADLINE_MS,
  )
  await untilNothingIsLeft(pids)
})

function sharedMemory(): readonly string[] {
  const rows = readFileSync('/proc/sysvipc/shm', 'utf8').trim().split('\n').slice(1)
  return rows.map((row) => row.trim().split(/\s+/)[1]!)
}
