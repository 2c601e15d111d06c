import assert from 'node:assert/strict'
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { startCluster, type TestContext } from '../../../src/testing.js'
import { clusterProcess } from '../../support/cluster-process.js'
import { notingPrograms, openFolder, type Programs } from '../../support/programs.js'
import { ask, failureOf } from '../../support/servers.js'

const outer = process.env['SLUICE_CACHE']
let cache: string
let programs: Programs

beforeEach(async () => {
  programs = await notingPrograms()
  cache = openFolder('cache-')
  process.env['SLUICE_CACHE'] = cache
})
afterEach(() => {
  if (outer === undefined) delete process.env['SLUICE_CACHE']
  else process.env['SLUICE_CACHE'] = outer
  programs.remove()
  rmSync(cache, { recursive: true })
})

const start = (t: TestContext) => startCluster(t, { replicas: 1, binDir: programs.binDir })
/** How often a data directory was made from nothing. */
const made = () => programs.calls().filter((it) => it.startsWith('initdb')).length
const copies = () => readdirSync(cache).filter((it) => it.startsWith('postgres-'))
/** A file of the prepared copy, by its name there. */
const fileOf = (name: string) => join(cache, copies()[0]!, name)

test('the first start prepares a copy in SLUICE_CACHE, and the second takes it', async (t) => {
  await start(t)
  assert.deepEqual([made(), copies().length, readdirSync(cache).length], [1, 1, 1])
  await start(t)
  assert.deepEqual([made(), copies().length, readdirSync(cache).length], [1, 1, 1])
})

test('another PostgreSQL has a copy of its own', async (t) => {
  await start(t)
  const other = await notingPrograms()
  t.after(other.remove)
  await startCluster(t, { replicas: 0, binDir: other.binDir })
  assert.equal(copies().length, 2)
})

const spoilings = [
  { how: 'without one of its files', spoil: () => rmSync(fileOf('data/global/pg_control')) },
  { how: 'with a file that was emptied', spoil: () => truncateSync(fileOf('data/global/pg_control')) },
  { how: 'without its password', spoil: () => rmSync(fileOf('password')) },
  { how: 'that was not finished', spoil: () => rmSync(fileOf('complete')) },
  { how: 'without its data', spoil: () => rmSync(fileOf('data'), { recursive: true }) },
]

test('a prepared copy that is not whole is not believed, but made anew', async (t) => {
  await using first = await startCluster({ replicas: 0, binDir: programs.binDir })
  assert.ok(first.primary.isRunning)
  for (const { how, spoil } of spoilings) {
    programs.forget()
    spoil()
    const { primary } = await startCluster(t, { replicas: 0, binDir: programs.binDir })
    assert.deepEqual(await ask(primary.url, 'select 1 as n'), [{ n: 1 }])
    assert.deepEqual([how, made(), copies().length, readdirSync(cache).length], [how, 1, 1, 1])
  }
})

test('what a cluster writes does not reach the prepared copy', async (t) => {
  const first = await start(t)
  const note = readFileSync(fileOf('complete'), 'utf8')
  await first.primary.admin('create table secret as select 1')
  await first.stop()
  const second = await start(t)
  assert.equal(readFileSync(fileOf('complete'), 'utf8'), note)
  await assert.rejects(second.primary.admin('select from secret'), /does not exist/)
})

test('a preparation that fails leaves nothing, says why, and the next one succeeds', async (t) => {
  const broken = await notingPrograms({ broken: { initdb: 'no space left on device' } })
  t.after(broken.remove)
  const error = await failureOf(startCluster({ binDir: broken.binDir }))
  assert.match(error.message, /^run initdb: ended with 1: no space left on device$/)
  assert.deepEqual(readdirSync(cache), [])
  await start(t)
})

test('two processes that start at once do not disturb each other, and share one copy', async (t) => {
  const options = { replicas: 1, binDir: programs.binDir }
  const both = [clusterProcess(t, options), clusterProcess(t, options)]
  const started = await Promise.all(both.map((it) => it.started))
  for (const { urls } of started) for (const url of urls) assert.deepEqual(await ask(url, 'select 1 as n'), [{ n: 1 }])
  assert.equal(new Set(started.flatMap((it) => it.urls)).size, 4)
  assert.deepEqual([copies().length, readdirSync(cache).length], [1, 1])
  await Promise.all(both.map((it) => it.end()))
})

test('a cache that others may write to is refused, unless it was named', async (t) => {
  delete process.env['SLUICE_CACHE']
  const temporary = openFolder('temporary-')
  const outerTemporary = process.env['TMPDIR']
  process.env['TMPDIR'] = temporary
  t.after(() => {
    process.env['TMPDIR'] = outerTemporary
    rmSync(temporary, { recursive: true })
  })
  await startCluster(t, { replicas: 0, binDir: programs.binDir })
  const [name] = readdirSync(temporary).filter((it) => it.startsWith('sluice-cache-'))
  assert.ok(existsSync(join(temporary, name!)))
  chmodSync(join(temporary, name!), 0o777)
  await assert.rejects(
    startCluster({ replicas: 0, binDir: programs.binDir }),
    /^OperationError: use the cache: .* is not ours alone; remove it, or name another in SLUICE_CACHE$/,
  )
})
