import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { Pool } from '../../../src/pg.js'
import { done, stepsOf } from '../../support/cli.js'
import { asPostgres, Described, whyNot } from '../../support/hosts/described.js'
import { hostsPart } from '../../support/hosts/part.js'
import type { TestHost } from '../../support/hosts/test-host.js'
import { need } from '../../support/need.js'

/** In order: what one test leaves is where the next begins. */
describe('a pair of hosts on a bad day', need(hostsPart('sluice failover over SSH')), () => {
  let its: Described
  let db1: TestHost
  let db2: TestHost
  let url: string

  before(async () => {
    its = await Described.start(['db1', 'db2'], { image: 'postgresql' })
    ;[db1, db2] = its.hosts as [TestHost, TestHost]
    url =
      done(await its.run('up'))
        .events()
        .at(-1)?.url ?? ''
    const pool = new Pool({ connectionString: url })
    await pool.query('create table notes (body text)')
    await pool.query("insert into notes values ('kept')")
    await pool.end()
  })
  after(() => its?.stop())

  test('a primary that lost its power is replaced when somebody vouches for that it is dead', async () => {
    await db1.powerCut()
    const down = await its.run('status')
    assert.deepEqual([down.code, down.events()[0]?.health], [4, 'down'])
    const refused = await its.run('failover')
    assert.equal(refused.code, 1)
    assert.match(refused.events()[0]?.message ?? '', /db1 cannot be reached, and may run as a primary/)
    const over = done(await its.run('failover', '--force'))
    assert.ok(stepsOf(over).includes('db2 promote'))
    assert.equal(await asPostgres(db2, 'select pg_is_in_recovery()'), 'f')
  })

  test('it does not come back as a primary, and rejoins by a rewind', async () => {
    await db1.boot()
    await db1.inside('/etc/init.d/postgresql start')
    const degraded = await its.run('status')
    assert.equal(degraded.code, 3)
    assert.deepEqual(degraded.events()[0]?.problems, ['db1 does not run: sluice rejoin db1'])
    const joined = done(await its.run('rejoin', 'db1'))
    assert.ok(stepsOf(joined).includes('db1 rewind'))
    assert.deepEqual(
      joined.events().filter((it) => it.event === 'said' && it.text?.startsWith('no rewind')),
      [],
    )
    assert.deepEqual(await its.healthy(), ['db1 standby', 'db2 primary'])
    assert.deepEqual(stepsOf(done(await its.run('up'))), ['db2 prove'])
  })

  test('a host is added behind the standby, which the description says then, and taken out again', async () => {
    const db3 = await its.rack.host('db3', { image: 'postgresql' })
    const before = readFileSync(its.file, 'utf8')
    done(await its.run('add', 'db3', '--ssh', 'admin@db3', '--address', db3.address, '--from', 'db1'))
    assert.deepEqual(await its.healthy(), ['db1 standby', 'db2 primary', 'db3 standby'])
    assert.equal(await asPostgres(db1, 'select application_name from pg_stat_replication'), 'db3')
    assert.equal(await asPostgres(db2, 'select string_agg(slot_name, chr(44)) from pg_replication_slots'), 'db1')
    assert.match(readFileSync(its.file, 'utf8'), /db3:\n +ssh: admin@db3/)
    done(await its.run('remove', 'db3', '--delete'))
    assert.equal(readFileSync(its.file, 'utf8'), before)
    assert.deepEqual(await its.healthy(), ['db1 standby', 'db2 primary'])
    assert.equal((await db3.inside('ls /etc/postgresql/* /var/lib/postgresql/*')).includes('main'), false)
  })

  test('it stops when that is meant, and starts again as it was', async () => {
    assert.match(whyNot(await its.run('down')), /nobody said yes\nsluice down --yes/)
    assert.match(whyNot(await its.run('down', '--delete', '--yes')), /deleted by nobody but you\n.*pg_dropcluster/)
    done(await its.run('down', '--yes'))
    assert.equal((await its.run('status')).code, 4)
    done(await its.run('up'))
    assert.deepEqual(await its.healthy(), ['db1 standby', 'db2 primary'])
    const pool = new Pool({ connectionString: url })
    assert.deepEqual((await pool.query('select body from notes')).rows, [{ body: 'kept' }])
    await pool.end()
  })

  test('the doctor, who asks on the hosts themselves, finds nothing worse than advice', async () => {
    const ended = await its.run('doctor')
    assert.equal(ended.code, 0, ended.out)
    const { nodes, findings } = JSON.parse(ended.out) as {
      readonly nodes: readonly { readonly hidden: readonly string[] }[]
      readonly findings: readonly { readonly check: string }[]
    }
    assert.deepEqual(
      nodes.map((it) => it.hidden),
      [[], []],
    )
    assert.deepEqual([...new Set(findings.map((it) => it.check))], ['asynchronous-only'])
  })
})
