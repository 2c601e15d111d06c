import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { startCluster, type TestContext } from '../../../src/testing.js'
import { clusterProcess } from '../../support/cluster-process.js'
import { notingPrograms, openFolder, type Programs } from '../../support/programs.js'
import { ask, failureOf } from '../../support/servers.js'

const outer = process.env['SLUICE_CACHE']
let cache: string
let programs: Programs

before(async () => {
  programs = await notingPrograms()
  cache = openFolder('cache-')
  process.env['SLUICE_CACHE'] = cache
})
beforeEach(() => programs.forget())
after(() => {
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
  assert.deepEqual(readdirSync(cache), [])
  await start(t)
  assert.deepEqual([made(), copies().length, readdirSync(cache).length], [1, 1, 1])
  await start(t)
  assert.deepEqual([made(), copies().length, readdirSync(cache).length], [1, 1, 1])
})

const spoilings = [
  { how: 'without one of its files', spoil: () => rmSync(fileOf('data/global/pg_control')) },
  { how: 'with a file that was emptied', spoil: () => truncateSync(fileOf('data/global/pg_control')) },
  { how: 'that was not finished', spoil: () => rmSync(fileOf('complete')) },
]

test('a prepared copy that is not whole is not believed, but made anew', async (t) => {
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

test('a preparation that fails leaves nothing, and says why', async (t) => {
  const broken = await notingPrograms({ broken: { initdb: 'no space left on device' } })
  t.after(broken.remove)
  const before = readdirSync(cache)
  const error = await failureOf(startCluster({ binDir: broken.binDir }))
  assert.match(error.message, /^run initdb: ended with 1: no space left on device$/)
  assert.deepEqual(readdirSync(cache), before)
})

test('two processes that start at once, with another PostgreSQL, share one copy that is its own', async (t) => {
  const other = await notingPrograms()
  t.after(other.remove)
  const before = readdirSync(cache).length
  const both = [1, 2].map(() => clusterProcess(t, { replicas: 0, binDir: other.binDir }))
  const started = await Promise.all(both.map((it) => it.started))
  for (const { urls } of started) for (const url of urls) assert.deepEqual(await ask(url, 'select 1 as n'), [{ n: 1 }])
  assert.equal(new Set(started.flatMap((it) => it.urls)).size, 2)
  assert.equal(readdirSync(cache).length, before + 1)
  await Promise.all(both.map((it) => it.end()))
})

test('a cache beside other temporary files is refused when others may write to it', async (t) => {
  const temporary = openFolder('temporary-')
  const outerTemporary = process.env['TMPDIR']
  delete process.env['SLUICE_CACHE']
  process.env['TMPDIR'] = temporary
  t.after(() => {
    process.env['SLUICE_CACHE'] = cache
    if (outerTemporary === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = outerTemporary
    rmSync(temporary, { recursive: true })
  })
  const folder = join(temporary, `sluice-cache-${process.getuid?.()}`)
  mkdirSync(folder)
  chmodSync(folder, 0o777)
  await assert.rejects(
    start(t),
    /^OperationError: use the cache: .* is not ours alone; remove it, or name another in SLUICE_CACHE$/,
  )
})
