import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { HostError } from '../../../src/replication/postgresql/errors.js'
import { SshHost } from '../../../src/replication/postgresql/hosts/ssh-host.js'
import { lookAtClusters, readClusters } from '../../../src/replication/postgresql/layouts/debian-clusters.js'
import { DebianLayout } from '../../../src/replication/postgresql/layouts/debian-layout.js'
import {
  addPgdg,
  installServer,
  lookAtPackages,
  type PackageFacts,
  readPackageFacts,
  updatePackageLists,
} from '../../../src/replication/postgresql/packages/debian-packages.js'
import type { Output, RunOptions, Script } from '../../../src/replication/postgresql/script.js'
import type { PsqlError } from '../../../src/replication/postgresql/sql/psql-error.js'
import { PsqlSql } from '../../../src/replication/postgresql/sql/psql-sql.js'
import { hostsPart } from '../../support/hosts/part.js'
import { Rack } from '../../support/hosts/rack.js'
import type { TestHost } from '../../support/hosts/test-host.js'
import { need } from '../../support/need.js'
import { eventually } from '../../support/pool.js'
import { failureOf } from '../../support/servers.js'

/** In order: what one test leaves on the host is where the next begins. */
describe('PostgreSQL on a bare Debian host', need(hostsPart('PostgreSQL on hosts over SSH')), () => {
  let rack: Rack
  let machine: TestHost
  let host: SshHost
  let major: number
  let layout: DebianLayout
  let sql: PsqlSql

  before(async () => {
    rack = await Rack.start()
    machine = await rack.host('db1')
    host = new SshHost({ destination: 'admin@db1', configFile: rack.sshConfig })
  })
  after(async () => {
    await host?.close()
    await rack?.stop()
  })

  const run = (script: Script, options: RunOptions = {}): Promise<Output> =>
    host.run(script, { timeoutMs: 180_000, ...options })
  /** @throws it failed. */
  const done = async (script: Script): Promise<string> => {
    const { code, stdout, stderr } = await run(script)
    assert.equal(code, 0, `${script.text}\n${stdout}${stderr}`)
    return stdout
  }
  const asServer = (text: string, input = ''): Promise<string> => done({ as: 'server', text, input })
  const packages = async (): Promise<PackageFacts> => readPackageFacts(await done(lookAtPackages()))

  test('what it can get is known once its lists are up to date', async () => {
    await done(updatePackageLists())
    const facts = await packages()
    assert.deepEqual([facts.system, facts.installed, facts.hasPgdg], ['debian', [], false])
    assert.deepEqual(readClusters(await done(lookAtClusters())), [])
    assert.equal(facts.available.length, 1)
    assert.equal(facts.available[0]?.from, 'distribution')
    major = facts.available[0]!.major
    layout = new DebianLayout({ major })
    sql = new PsqlSql(host, layout)
  })

  test('what is not to be had is not begun', async () => {
    const { code, stderr } = await run(installServer(99))
    assert.deepEqual([code, stderr], [3, 'no repository of this host has a package postgresql-99\n'])
  })

  test('an installation that was cut off is finished by the next, and no cluster comes of it', async () => {
    const stop = new AbortController()
    const onLine = (line: string) => void (/^Unpacking postgresql-\d+ /.test(line) && stop.abort())
    const error = (await failureOf(run(installServer(major), { signal: stop.signal, onLine }))) as HostError
    assert.equal(error.failure, 'aborted')
    await done(installServer(major))
    const { installed } = await packages()
    assert.deepEqual(
      installed.map((it) => [it.major, it.from]),
      [[major, 'distribution']],
    )
    assert.equal((await run(layout.exists())).code, 1)
    const left = await machine.inside(
      'ls -A /etc/postgresql /etc/postgresql-common/createcluster.d; pgrep postgres || :',
    )
    assert.equal(left.trim(), '/etc/postgresql:\n\n/etc/postgresql-common/createcluster.d:')
  })

  test('a cluster is made, not started, and does not start by itself', async () => {
    await done(layout.create())
    assert.equal((await run(layout.exists())).code, 0)
    assert.equal((await run(layout.isRunning())).code, 3)
    // What init, or systemd, does when the machine boots.
    await machine.inside('/etc/init.d/postgresql start')
    assert.equal((await run(layout.isRunning())).code, 3)
    await done(layout.setStart('auto'))
    await machine.inside('/etc/init.d/postgresql start')
    assert.equal((await run(layout.isRunning())).code, 0)
    await done(layout.setStart('manual'))
    await done(layout.stop('fast'))
    assert.match(await machine.inside(`cat ${layout.configDir}/start.conf`), /^manual$/m)
  })

  test('without a server, that is what a question says', async () => {
    const error = (await failureOf(sql.rows('select 1'))) as PsqlError
    assert.deepEqual([error.name, error.code], ['PsqlError', 'ENOENT'])
  })

  test('started and stopped twice is as once', async () => {
    await done(layout.start())
    await done(layout.start())
    assert.equal((await run(layout.isRunning())).code, 0)
    await done(layout.stop('immediate'))
    await done(layout.stop('immediate'))
    assert.equal((await run(layout.isRunning())).code, 3)
    await done(layout.start())
  })

  test('it is as replication needs it, and its files are where the layout says', async () => {
    const names = [
      'data_checksums',
      'data_directory',
      'config_file',
      'hba_file',
      'port',
      'server_encoding',
      'lc_collate',
    ]
    const rows = await sql.rows<{ name: string; setting: string }>(
      `select name, setting from pg_settings where name in (${names.map((it) => `'${it}'`).join()})`,
    )
    const settings = Object.fromEntries(rows.map((it) => [it.name, it.setting]))
    const [{ collate } = { collate: '' }] = await sql.rows<{ collate: string }>(
      'select datcollate as collate from pg_database where datname = current_database()',
    )
    assert.deepEqual(
      { ...settings, lc_collate: collate },
      {
        data_checksums: 'on',
        data_directory: layout.paths.dataDir,
        config_file: layout.paths.configFile,
        hba_file: layout.paths.hbaFile,
        port: '5432',
        server_encoding: 'UTF8',
        lc_collate: 'C.UTF-8',
      },
    )
    assert.match(await machine.inside(`tail -n1 ${layout.paths.logFile}`), /ready to accept connections|checkpoint/)
  })

  test('our include file counts, after a reload', async () => {
    await asServer(`cat >${layout.paths.includeFile}`, "work_mem = '12345kB'\n")
    await done(layout.reload())
    await eventually(
      () => sql.rows<{ it: string }>("select current_setting('work_mem') as it"),
      ([row]) => row?.it === '12345kB',
    )
  })

  test('rows are as they were', async () => {
    const odd = `'single' "double" \\ $1 :name äöü 🐘\nnext`
    await sql.execute(
      `create table odd (n bigint, t text); insert into odd values (1, $$${odd}$$), (9007199254740993, null)`,
    )
    assert.deepEqual(await sql.rows('select n, t from odd order by n;'), [
      { n: 1, t: odd },
      { n: '9007199254740993', t: null },
    ])
    assert.deepEqual(await sql.rows('select n from odd where false -- and nothing'), [])
    assert.equal((await sql.rows('select * from generate_series(1, 20000) n')).length, 20_000)
  })

  test('what the server says against it has its code', async () => {
    const missing = (await failureOf(sql.rows('select * from nowhere'))) as PsqlError
    assert.deepEqual([missing.code, missing.message], ['42P01', 'relation "nowhere" does not exist'])
    const twice = (await failureOf(
      sql.execute('create table once (n int primary key); insert into once values (1); insert into once values (1)'),
    )) as PsqlError
    assert.deepEqual([twice.code, twice.detail], ['23505', 'Key (n)=(1) already exists.'])
    const spoken = (await failureOf(
      sql.execute("do $$ begin raise exception using errcode = 'XX123', message = 'own', hint = 'do that'; end $$"),
    )) as PsqlError
    assert.deepEqual([spoken.code, spoken.message, spoken.hint], ['XX123', 'own', 'do that'])
    const elsewhere = new PsqlSql(host, { ...layout, paths: layout.paths, port: 5432, database: 'nosuch' })
    assert.equal(((await failureOf(elsewhere.rows('select 1'))) as PsqlError).code, '3D000')
  })

  test('a copy of its data becomes a cluster, a standby, and then a primary', async () => {
    const copy = new DebianLayout({ major, cluster: 'copy', port: 5433 })
    const { binDir, dataDir, socketDir } = copy.paths
    await asServer(`${binDir}/pg_basebackup -h ${socketDir} -D ${dataDir} -c fast -X stream -R`)
    await done(copy.create())
    await done(copy.start())
    const its = new PsqlSql(host, copy)
    assert.deepEqual(await its.rows('select pg_is_in_recovery() as standby, pg_current_logfile() as file'), [
      { standby: true, file: null },
    ])
    assert.match(await machine.inside(`cat ${copy.paths.logFile}`), /ready to accept read-only connections/)
    await asServer(`cat >${copy.paths.includeFile}`, "cluster_name = 'the copy'\n")
    await done(copy.stop('fast'))
    await done(copy.start())
    assert.deepEqual(await its.rows("select current_setting('cluster_name') as it"), [{ it: 'the copy' }])
    await done(copy.promote())
    await eventually(
      () => its.rows<{ standby: boolean }>('select pg_is_in_recovery() as standby'),
      ([row]) => row?.standby === false,
    )
    await done(copy.stop('immediate'))
    assert.deepEqual(
      readClusters(await done(lookAtClusters())).map((it) => [it.cluster, it.port, it.isRunning, it.dataDir]),
      [
        ['copy', 5433, false, dataDir],
        ['main', 5432, true, layout.paths.dataDir],
      ],
    )
  })

  test('after a power cut it is not there until it is started, and nothing is lost', async () => {
    await sql.execute('create table kept as select 1 as n')
    await machine.powerCut()
    await machine.boot()
    await host.close()
    host = new SshHost({ destination: 'admin@db1', configFile: rack.sshConfig })
    sql = new PsqlSql(host, layout)
    assert.equal((await run(layout.isRunning())).code, 3)
    await done(layout.start())
    assert.deepEqual(await sql.rows('select n from kept'), [{ n: 1 }])
    await done(layout.stop('fast'))
  })

  test('a repository that cannot be reached is not added', async () => {
    const { code, stderr } = await run(addPgdg((await packages()).codename))
    assert.equal(code, 3)
    assert.match(stderr, /apt\.postgresql\.org gives this host no packages for \w+$/m)
    assert.equal((await packages()).hasPgdg, false)
    assert.match(await machine.inside('ls /usr/share/postgresql-common/pgdg'), /^apt\.postgresql\.org\.(asc|gpg)$/m)
  })
})
