import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { Pool } from '../../../src/pg.js'
import { RemoteCluster } from '../../../src/replication/postgresql/remote/remote-cluster.js'
import { processesWith } from '../../contract/host.js'
import { done, sluice, stepsOf } from '../../support/cli.js'
import { hostsPart } from '../../support/hosts/part.js'
import { Rack } from '../../support/hosts/rack.js'
import type { TestHost } from '../../support/hosts/test-host.js'
import { need } from '../../support/need.js'
import { missing, Writer } from '../../support/writer.js'

/** In order: what one test leaves is where the next begins. */
describe('a cluster on bare hosts over SSH, by one command each', need(hostsPart('sluice up over SSH')), () => {
  let rack: Rack
  let folder: string
  let file: string
  let db1: TestHost
  let db2: TestHost
  let url: string
  const run = (command: string, ...args: readonly string[]) => sluice(command, ...args, '--file', file, '--json')
  const healthy = async () => {
    const ended = await run('status')
    const [seen] = ended.events()
    assert.deepEqual([ended.code, seen?.health, seen?.problems], [0, 'healthy', []], ended.out)
    return seen?.nodes?.map((it) => `${it['node']} ${it['role']}`)
  }
  const asPostgres = async (host: TestHost, text: string) =>
    (await host.inside(`cd /; runuser -u postgres -- psql -XAtc "${text}"`)).trim()

  before(async () => {
    rack = await Rack.start()
    folder = mkdtempSync(join(tmpdir(), 'remote-'))
    file = join(folder, 'sluice.yaml')
    db1 = await rack.host('db1')
    db2 = await rack.host('db2')
  })
  after(async () => {
    await rack?.stop()
    if (folder !== undefined) rmSync(folder, { recursive: true })
  })

  test('init asks the hosts, and writes what they shall be', async () => {
    const args = ['admin@db1', 'admin@db2', '--ssh-config', rack.sshConfig]
    done(await run('init', ...args))
    const text = readFileSync(file, 'utf8')
    assert.match(text, new RegExp(`db1:.*\\n +ssh: admin@db1\\n +address: ${db1.address}`))
    assert.match(text, /^applications:.*\n {2}- 10\.213\.\d+\.1\n/m)
    const again = await run('init', ...args)
    assert.equal(again.code, 1)
    assert.match(again.events()[0]?.message ?? '', /is there already/)
  })

  test('a dry run says what would be done, and does nothing', async () => {
    const { steps = [] } = done(await run('up', '--dry-run')).events()[0] ?? {}
    assert.deepEqual(
      steps.map((it) => `${it.node} ${it.kind}`),
      [
        ...['db1 install', 'db1 create', 'db1 configure', 'db1 start', 'db1 prepare'],
        ...['db2 install', 'db1 make-slots', 'db2 clone', 'db2 configure', 'db2 start', 'db2 await-streaming'],
        'db1 prove',
      ],
    )
    assert.equal((await db1.inside('command -v pg_lsclusters || echo none')).trim(), 'none')
  })

  test('up goes from nothing to a pair that is proven, with a URL for the application', async () => {
    const made = done(await run('up'))
    url = made.events().at(-1)?.url ?? ''
    assert.match(url, /^postgres:\/\/app:[\w-]+@10\.\d+\.\d+\.11:5432,10\.\d+\.\d+\.12:5432\/app$/)
    assert.deepEqual(await healthy(), ['db1 primary', 'db2 standby'])
    const pool = new Pool({ connectionString: url })
    await pool.query('create table notes (body text)')
    await pool.query("insert into notes values ('kept')")
    const { rows } = await pool.query('select pg_is_in_recovery() as "isStandby" from notes')
    assert.deepEqual(rows, [{ isStandby: true }])
    await pool.end()
  })

  test('again: nothing changes', async () => {
    const again = done(await run('up'))
    assert.deepEqual(stepsOf(again), ['db1 prove'])
    assert.equal(again.events().at(-1)?.url, url)
    assert.equal(done(await sluice('url', '--file', file)).out, `${url}\n`)
  })

  test('replication is encrypted, and lets in nobody but the peer', async () => {
    const streams = 'select usename, ssl from pg_stat_replication join pg_stat_ssl using (pid)'
    assert.equal(await asPostgres(db1, streams), 'replicator|t')
    const lines = (await db1.inside("grep -E '^(host|local)' /etc/postgresql/*/main/pg_hba.conf")).split('\n')
    const fields = lines.slice(0, 5).map((it) => it.trim().split(/\s+/).join(' '))
    assert.deepEqual(fields, [
      `hostssl replication replicator ${db2.address}/32 scram-sha-256`,
      `hostssl postgres replicator ${db2.address}/32 scram-sha-256`,
      'host all replicator 0.0.0.0/0 reject',
      'host all replicator ::/0 reject',
      `host app app ${db1.address.replace(/\d+$/, '1')}/32 scram-sha-256`,
    ])
    assert.equal((await db1.inside('cat /etc/postgresql/*/main/start.conf')).trim().split('\n').at(-1), 'manual')
  })

  test('passwords stand in the passfiles of the servers, and nowhere else', async () => {
    for (const host of [db1, db2]) {
      const passFile = (await host.inside('echo /var/lib/postgresql/*/sluice-main.passfile')).trim()
      assert.equal((await host.inside(`stat -c '%a %U' ${passFile}`)).trim(), '600 postgres')
      const secrets = (await host.inside(`cut -d: -f5 ${passFile}`)).trim().split('\n')
      assert.equal(secrets.length, 2)
      for (const secret of secrets) {
        assert.deepEqual(processesWith(secret), [])
        const found = await host.inside(`grep -rlF -e '${secret}' /etc /var /home /root /tmp /run 2>/dev/null || :`)
        assert.equal(found.trim(), passFile)
      }
    }
  })

  test('the example application runs on it: reads on the standby, and nobody misses their own order', async () => {
    const example = join(import.meta.dirname, '../../../examples/bookshop/main.ts')
    const env = { ...process.env, DATABASE_URL: url }
    const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', example], { env })
    assert.match(stdout, /^node-2 +replica +[1-9]\d* statements$/m)
    assert.match(stdout, /100 customers, half of them bought a book; 0 did not see their own order\n$/)
  })

  test('while one operation goes on, from wherever, another is refused', async () => {
    const other = await RemoteCluster.open(file)
    const lock = await other.lock('switchover of somebody')
    const ended = await run('up')
    await lock.release()
    await other.close()
    assert.equal(ended.code, 1)
    assert.match(ended.events()[0]?.message ?? '', /^admin@db1 is locked by sluice switchover of somebody, since/)
  })

  test('switchovers under load lose no write that was acknowledged', async (t) => {
    const writer = await Writer.start(url, t)
    done(await run('switchover'))
    assert.deepEqual(await healthy(), ['db1 standby', 'db2 primary'])
    done(await run('switchover', '--to', 'db1'))
    const acknowledged = await writer.end()
    assert.deepEqual(await missing(url, acknowledged), [])
    assert.deepEqual(await healthy(), ['db1 primary', 'db2 standby'])
    t.diagnostic(`${acknowledged.length} writes; longest gap ${writer.longestGapMs} ms`)
  })

  test('logs and psql are those of the hosts', async () => {
    const logs = done(await sluice('logs', '-n', '1', '--file', file))
      .out.trim()
      .split('\n')
    assert.equal(logs.length, 2)
    assert.match(logs[1] ?? '', /^db2 {2}\d{4}-\d\d-\d\d .* \[\d+\]/)
    const ask = ['--', '-Atc', "select current_user || ' it''s ' || pg_is_in_recovery()"]
    assert.equal(done(await sluice('psql', '--file', file, ...ask)).out, "app it's false\n")
    assert.equal(done(await sluice('psql', 'db2', '--admin', '--file', file, ...ask)).out, "postgres it's true\n")
  })

  test('what is wrong with the description is said, all of it', async () => {
    const wrong = join(folder, 'wrong.yaml')
    writeFileSync(wrong, 'version: 9\nprot: 1\nnodes:\n  DB: { ssh: "-x" }\n')
    const ended = await sluice('up', '--file', wrong)
    assert.equal(ended.code, 1)
    for (const says of [/sluice\.yaml\.prot: is not an option/]) assert.match(ended.err, says)
  })
})
