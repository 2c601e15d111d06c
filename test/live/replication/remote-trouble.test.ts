import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { done, stepsOf } from '../../support/cli.js'
import { asPostgres, Described, whyNot } from '../../support/hosts/described.js'
import { hostsPart } from '../../support/hosts/part.js'
import type { TestHost } from '../../support/hosts/test-host.js'
import { need } from '../../support/need.js'
import { eventually } from '../../support/pool.js'
import { missing, Writer } from '../../support/writer.js'

/** In order: what one test leaves is where the next begins. */
describe('a cluster on hosts that are not as one would like', need(hostsPart('sluice up over SSH, in trouble')), () => {
  let its: Described
  let db1: TestHost
  let db2: TestHost

  before(async () => {
    its = await Described.start(['db1', 'db2'], { image: 'postgresql' })
    ;[db1, db2] = its.hosts as [TestHost, TestHost]
  })
  after(() => its?.stop())

  test('a primary with data is adopted while a client writes, and restarted only when that is allowed', async (t) => {
    await db1.inside(`pg_createcluster "$(ls /usr/lib/postgresql)" main -- --auth-local=peer >/dev/null
      cd /etc/postgresql/*/main
      echo "listen_addresses = '*'" >conf.d/own.conf
      echo 'max_connections = 150' >>conf.d/own.conf
      echo 'host all shop 10.213.0.0/16 trust' >>pg_hba.conf
      pg_ctlcluster "$(ls /usr/lib/postgresql)" main start`)
    for (const it of ["create role shop login password 'known'", 'create database shop owner shop'])
      await asPostgres(db1, it)
    await asPostgres(db1, 'create table orders as select generate_series(1, 1000) as n', 'shop')
    its.describe('database: shop\nuser: shop\n')
    const url = `postgres://shop:known@${db1.address}:5432/shop`
    const writer = await Writer.start(url, t)

    assert.match(
      whyNot(await its.run('up')),
      /db1 lets in whoever .* "host all shop 10\.213\.0\.0\/16 trust"\n.*--allow-trust/s,
    )
    await db1.inside(`cd /etc/postgresql/*/main; sed -i 's/trust/scram-sha-256/' pg_hba.conf
      pg_ctlcluster "$(ls /usr/lib/postgresql)" main reload`)
    assert.match(
      whyNot(await its.run('up')),
      /db1: restart, for wal_log_hints: \d+ connections? would end.*\nsluice up --restart/s,
    )
    const made = done(await its.run('up', '--restart'))
    const acknowledged = await writer.end()
    assert.deepEqual(await missing(url, acknowledged), [])
    // Whoever made the role knows its password, and nobody else.
    assert.equal(made.events().at(-1)?.url, `postgres://shop@${db1.address}:5432,${db2.address}:5432/shop`)
    for (const it of ['select count(*) from orders', 'show max_connections']) {
      assert.equal(await asPostgres(db2, it, 'shop'), await asPostgres(db1, it, 'shop'))
    }
    assert.equal(await asPostgres(db2, 'show max_connections'), '150')
    assert.deepEqual(stepsOf(done(await its.run('up'))), ['db1 prove'])
  })

  test('data that came from elsewhere is refused, and set aside when it is named', async () => {
    its.describe('database: shop\nuser: shop\n')
    const major = (await db2.inside('ls /usr/lib/postgresql')).trim()
    await db2.inside(`pg_dropcluster --stop ${major} main; rm -rf /etc/postgresql/${major}/main
      pg_createcluster ${major} main --start >/dev/null`)
    await asPostgres(db2, 'create table precious as select 1 as n')
    assert.match(
      whyNot(await its.run('up')),
      /db1 and db2 run as primaries of different systems\n.*sluice up --replace NODE/,
    )
    const ended = done(await its.run('up', '--replace', 'db2'))
    const said =
      ended.events().find((it) => it.event === 'said' && it.text?.startsWith('the old data is in '))?.text ?? ''
    const aside = said.replace('the old data is in ', '')
    assert.equal((await db2.inside(`cat ${aside}/PG_VERSION`)).trim(), major)
    assert.equal(await asPostgres(db2, 'select pg_is_in_recovery()'), 't')
    await db2.inside(`rm -r ${aside}`)
  })

  test('what the disk has no room for is said, and nothing is left in the way', async () => {
    its.describe('database: shop\nuser: shop\n')
    done(await its.run('remove', 'db2', '--delete'))
    its.describe('database: shop\nuser: shop\n')
    await db2.fillDisk(15_000)
    assert.match(whyNot(await its.run('up')), /db2: copy db1: .*No space left on device/s)
    await db2.inside('rm /var/fill')
    done(await its.run('up'))
  })

  test('a port that is taken is said, with the end of the log', async () => {
    its.describe('database: shop\nuser: shop\n')
    const major = (await db2.inside('ls /usr/lib/postgresql')).trim()
    await db2.inside(`pg_ctlcluster ${major} main stop
      perl -MIO::Socket::INET -e 'my $s = IO::Socket::INET->new(Listen => 1, LocalPort => 5432) or die; sleep 600' \\
        >/dev/null 2>&1 & echo $! >/run/taker`)
    await eventually(
      () => db2.inside('ss -ltn | grep -c :5432 || :'),
      (it) => it.trim() !== '0',
    )
    assert.match(whyNot(await its.run('up')), /db2: start: .*the log of db2 ends with:.*Address already in use/s)
    await db2.inside('kill "$(cat /run/taker)"')
    done(await its.run('up'))
  })

  test('hosts that do not go together, or let nobody in, are named with what to do', async () => {
    const other = 'database: shop\nuser: shop\n'
    const cases: readonly (readonly [more: string, db2: Readonly<Record<string, string>>, says: RegExp])[] = [
      ['version: 18', {}, /port 5432 taken by the cluster \d+\/main\n.*version: \d+/],
      ['port: 5433', {}, /db1 has \d+\/main on port 5432, not 5433\nwrite port: 5432/],
      ['', { db2: 'ssh: nobody@db2' }, /nobody was not let in: .*\n.*ssh-copy-id/s],
      ['', { db2: 'ssh: plain@db2' }, /plain may not act as root\n.*sudoers/s],
      ['', { db2: 'ssh: admin@db9, address: 10.213.0.9' }, /the name db9 cannot be resolved\n/],
    ]
    for (const [more, nodes, says] of cases) {
      its.describe(`${other}${more}\n`, nodes)
      assert.match(whyNot(await its.run('up')), says)
    }
    assert.equal(await asPostgres(db1, 'select count(*) from orders', 'shop'), '1000')
  })
})
