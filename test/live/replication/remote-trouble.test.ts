import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { done, type Ended, type Event, sluice, startSluice, stepsOf } from '../../support/cli.js'
import { hostsPart } from '../../support/hosts/part.js'
import { Rack } from '../../support/hosts/rack.js'
import type { TestHost } from '../../support/hosts/test-host.js'
import { need } from '../../support/need.js'
import { eventually } from '../../support/pool.js'
import { missing, Writer } from '../../support/writer.js'

/** In order: what one test leaves is where the next begins. */
describe('a cluster on hosts that are not as one would like', need(hostsPart('sluice up over SSH, in trouble')), () => {
  let rack: Rack
  let folder: string
  let db1: TestHost
  let db2: TestHost

  before(async () => {
    rack = await Rack.start()
    folder = mkdtempSync(join(tmpdir(), 'remote-'))
    db1 = await rack.host('db1', { image: 'postgresql' })
    db2 = await rack.host('db2', { image: 'postgresql' })
  })
  after(async () => {
    await rack?.stop()
    if (folder !== undefined) rmSync(folder, { recursive: true })
  })

  /** A description, of these two and more. */
  const describing = (more = '', second = 'ssh: admin@db2'): string => {
    const file = join(folder, 'sluice.yaml')
    const nodes = `nodes:\n  db1: { ssh: admin@db1 }\n  db2: { ${second} }\n`
    writeFileSync(file, `sshConfig: ${rack.sshConfig}\napplications: [10.213.0.0/16]\n${more}${nodes}`)
    return file
  }
  const up = (file: string, ...args: readonly string[]) => sluice('up', '--file', file, '--json', ...args)
  const whyNot = (ended: Ended): string => {
    assert.equal(ended.code, 1, ended.out)
    const { message, hint } = ended.events().at(-1) as Event
    return `${message}\n${hint}`
  }
  const asPostgres = async (host: TestHost, text: string, database = 'postgres') =>
    (await host.inside(`cd /; runuser -u postgres -- psql -XAt -d ${database} -c "${text}"`)).trim()

  test('a start that was killed at any step is gone on with by the next', async () => {
    const file = describing()
    const moments = [
      ...['db1 create', 'db1 configure', 'db1 start', 'db1 prepare', 'db1 make-slots'],
      ...['db2 clone', 'db2 configure', 'db2 start', 'db2 await-streaming', 'db1 prove'],
    ]
    for (const moment of moments) {
      const isSeen = await eventually(() => killedAt(file, moment), Boolean, 60_000)
      assert.ok(isSeen, moment)
    }
    // Whoever was killed may still hold a lock for a moment.
    const again = await eventually(
      () => up(file),
      (it) => it.code === 0,
      60_000,
    )
    assert.deepEqual(stepsOf(again), ['db1 prove'])
    assert.equal((await sluice('status', '--file', file)).code, 0)
    done(await sluice('down', '--delete', '--file', file, '--json'))
  })

  test('a primary with data is adopted while a client writes, and restarted only when that is allowed', async () => {
    await db1.inside(`pg_createcluster "$(ls /usr/lib/postgresql)" main -- --auth-local=peer >/dev/null
      cd /etc/postgresql/*/main
      echo "listen_addresses = '*'" >conf.d/own.conf
      echo 'max_connections = 150' >>conf.d/own.conf
      echo 'host all shop 10.213.0.0/16 trust' >>pg_hba.conf
      pg_ctlcluster "$(ls /usr/lib/postgresql)" main start`)
    for (const it of ["create role shop login password 'known'", 'create database shop owner shop'])
      await asPostgres(db1, it)
    await asPostgres(db1, 'create table orders as select generate_series(1, 1000) as n', 'shop')
    const file = describing('database: shop\nuser: shop\n')
    const url = `postgres://shop:known@${db1.address}:5432/shop`
    const writer = new Writer(url)
    await writer.begin()

    assert.match(
      whyNot(await up(file)),
      /db1 lets in whoever .* "host all shop 10\.213\.0\.0\/16 trust"\n.*--allow-trust/s,
    )
    await db1.inside(`cd /etc/postgresql/*/main; sed -i 's/trust/scram-sha-256/' pg_hba.conf
      pg_ctlcluster "$(ls /usr/lib/postgresql)" main reload`)
    assert.match(
      whyNot(await up(file)),
      /db1: restart, for wal_log_hints: \d+ connections? would end.*\nsluice up --restart/s,
    )
    const made = done(await up(file, '--restart'))
    const acknowledged = await writer.end()
    assert.deepEqual(await missing(url, acknowledged), [])
    // Whoever made the role knows its password, and nobody else.
    assert.equal(made.events().at(-1)?.url, `postgres://shop@${db1.address}:5432,${db2.address}:5432/shop`)
    for (const it of ['select count(*) from orders', 'show max_connections']) {
      assert.equal(await asPostgres(db2, it, 'shop'), await asPostgres(db1, it, 'shop'))
    }
    assert.equal(await asPostgres(db2, 'show max_connections'), '150')
    assert.deepEqual(stepsOf(done(await up(file))), ['db1 prove'])
  })

  test('data that came from elsewhere is refused, and set aside when it is named', async () => {
    const file = describing('database: shop\nuser: shop\n')
    const major = (await db2.inside('ls /usr/lib/postgresql')).trim()
    await db2.inside(`pg_dropcluster --stop ${major} main; rm -rf /etc/postgresql/${major}/main
      pg_createcluster ${major} main --start >/dev/null`)
    await asPostgres(db2, 'create table precious as select 1 as n')
    assert.match(
      whyNot(await up(file)),
      /db1 and db2 run as primaries of different systems\n.*sluice up --replace NODE/,
    )
    const ended = done(await up(file, '--replace', 'db2'))
    const said =
      ended.events().find((it) => it.event === 'said' && it.text?.startsWith('the old data is in '))?.text ?? ''
    const aside = said.replace('the old data is in ', '')
    assert.equal((await db2.inside(`cat ${aside}/PG_VERSION`)).trim(), major)
    assert.equal(await asPostgres(db2, 'select pg_is_in_recovery()'), 't')
    await db2.inside(`rm -r ${aside}`)
  })

  test('a copy whose network is cut is made by the next start', async () => {
    const file = describing('database: shop\nuser: shop\n')
    await asPostgres(
      db1,
      "create table large as select n, repeat('x', 500) as t from generate_series(1, 300000) n",
      'shop',
    )
    done(await sluice('remove', 'db2', '--delete', '--file', file, '--json'))
    describing('database: shop\nuser: shop\ncopyMb: 20\n')
    const started = startSluice(['up', '--file', file, '--json'], (line) => {
      const { event, step } = JSON.parse(line) as Event
      if (event === 'goes-on' && step?.kind === 'clone') void db2.unplug()
    })
    assert.match(whyNot(await started.ended), /db2: copy db1: admin@db2: the connection was lost/)
    await db2.plug()
    describing('database: shop\nuser: shop\n')
    const again = await eventually(
      () => up(file),
      (it) => it.code === 0,
      90_000,
    )
    assert.ok(stepsOf(again).includes('db2 clone'))
    assert.equal(await asPostgres(db2, 'select count(*) from large', 'shop'), '300000')
  })

  test('what the disk has no room for is said, and nothing is left in the way', async () => {
    const file = describing('database: shop\nuser: shop\n')
    done(await sluice('remove', 'db2', '--delete', '--file', file, '--json'))
    describing('database: shop\nuser: shop\n')
    await db2.fillDisk(50_000)
    assert.match(whyNot(await up(file)), /db2: copy db1: .*No space left on device/s)
    await db2.inside('rm /var/fill')
    done(await up(file))
  })

  test('a port that is taken is said, with the end of the log', async () => {
    const file = describing('database: shop\nuser: shop\n')
    const major = (await db2.inside('ls /usr/lib/postgresql')).trim()
    await db2.inside(`pg_ctlcluster ${major} main stop
      perl -MIO::Socket::INET -e 'my $s = IO::Socket::INET->new(Listen => 1, LocalPort => 5432) or die; sleep 600' \\
        >/dev/null 2>&1 & echo $! >/run/taker`)
    await eventually(
      () => db2.inside('ss -ltn | grep -c :5432 || :'),
      (it) => it.trim() !== '0',
    )
    assert.match(whyNot(await up(file)), /db2: start: .*the log of db2 ends with:.*Address already in use/s)
    await db2.inside('kill "$(cat /run/taker)"')
    done(await up(file))
  })

  test('hosts that do not go together, or let nobody in, are named with what to do', async () => {
    const other = 'database: shop\nuser: shop\n'
    const cases: readonly (readonly [more: string, second: string | undefined, says: RegExp])[] = [
      ['version: 18', undefined, /port 5432 taken by the cluster \d+\/main\n.*version: \d+/],
      ['port: 5433', undefined, /db1 has \d+\/main on port 5432, not 5433\nwrite port: 5432/],
      ['', 'ssh: nobody@db2', /nobody was not let in: .*\n.*ssh-copy-id/s],
      ['', 'ssh: plain@db2', /plain may not act as root\n.*sudoers/s],
      ['', 'ssh: admin@db9, address: 10.213.0.9', /the name db9 cannot be resolved\n/],
    ]
    for (const [more, second, says] of cases) {
      assert.match(whyNot(await up(describing(`${other}${more}\n`, second))), says)
    }
    assert.equal(await asPostgres(db1, 'select count(*) from orders', 'shop'), '1000')
  })
})

/** @returns whether it got there, and was killed. */
async function killedAt(file: string, moment: string): Promise<boolean> {
  let isSeen = false
  const started = startSluice(['up', '--file', file, '--json'], (line) => {
    const { event, step } = JSON.parse(line) as Event
    if (event !== 'started' || `${step?.node} ${step?.kind}` !== moment) return
    isSeen = true
    started.child.kill('SIGKILL')
  })
  await started.ended
  return isSeen
}
