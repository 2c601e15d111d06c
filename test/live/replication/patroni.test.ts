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
describe('Patroni in charge', need(hostsPart('sluice up --ha patroni')), () => {
  let its: Described
  let db1: TestHost
  let db2: TestHost
  let leader: TestHost
  let url: string

  before(async () => {
    its = await Described.start(['db1', 'db2', 'db3'], { image: 'postgresql' })
    ;[db1, db2] = its.hosts as [TestHost, TestHost]
    leader = db1
    its.describe('sync: 1\n')
    url =
      done(await its.run('up'))
        .events()
        .at(-1)?.url ?? ''
  })
  after(() => its?.stop())

  test('it takes over a cluster that runs, while a client writes', async (t) => {
    const started = () => Promise.all(its.hosts.map((it) => asPostgres(it, 'select pg_postmaster_start_time()')))
    const before = await started()
    const writer = await Writer.start(url, t)
    const up = done(await its.run('up', '--ha', 'patroni'))
    assert.deepEqual(
      stepsOf(up).filter((it) => /install|create|clone/.test(it)),
      ['db1 install-engine', 'db2 install-engine', 'db3 install-engine'],
    )
    const acknowledged = await writer.end()
    assert.deepEqual(await missing(url, acknowledged), [])
    assert.deepEqual(await started(), before)
    assert.deepEqual(await its.healthy(), ['db1 primary', 'db2 standby', 'db3 standby'])
    assert.deepEqual(stepsOf(done(await its.run('up'))), ['db1 prove'])
  })

  test('whoever has no certificate does not speak to its store, nor changes anything by its interface', async () => {
    const plain = await db2.inside(`etcdctl --endpoints https://${db1.address}:2379 endpoint health 2>&1 || :`)
    assert.match(plain, /unhealthy|certificate/)
    const call = `POST /switchover HTTP/1.0\\r\\nContent-Length: 2\\r\\n\\r\\n{}`
    const said = await db2.inside(`exec 3<>/dev/tcp/${db1.address}/8008; printf '${call}' >&3; head -n 1 <&3`)
    assert.match(said, /401/)
  })

  test('a switchover is asked of it, and loses no write that was acknowledged', async (t) => {
    const writer = await Writer.start(url, t)
    const names = `select application_name from pg_stat_replication order by sync_state = 'async'`
    const [to, other] = (await asPostgres(db1, names)).split('\n')
    assert.match(
      whyNot(await its.run('switchover', '--to', `${other}`)),
      RegExp(`is not synchronous.*\nname ${to}, or`),
    )
    const moved = done(await its.run('switchover', '--to', `${to}`))
    assert.equal(stepsOf(moved)[0], `${to} engine-switchover`)
    leader = its.hosts.find(({ name }) => name === to) as TestHost
    const acknowledged = await writer.end()
    assert.deepEqual(await missing(url, acknowledged), [])
    const roles = its.hosts.map(({ name }) => `${name} ${name === to ? 'primary' : 'standby'}`)
    assert.deepEqual(await its.healthy(), roles)
    const last = stepsOf(moved).at(-1)
    assert.equal(last, `${to} await-synchronous`, 'whom it may promote it settles anew, some seconds later')
    t.diagnostic(`${acknowledged.length} writes; longest gap ${writer.longestGapMs} ms`)
  })

  test('nothing is promoted behind its back', async () => {
    assert.match(
      whyNot(await its.run('failover')),
      RegExp(`${leader.name} leads, and answers\n.*Patroni fails over by itself`),
    )
    assert.match(whyNot(await its.run('remove', 'db3')), /members of Patroni/)
  })

  test('a leader that loses its power is replaced by itself, without a write lost, and comes back as a standby', async (t) => {
    const writer = await Writer.start(url, t)
    await leader.powerCut()
    const acknowledged = await writer.end(90_000)
    t.diagnostic(`${acknowledged.length} writes; longest gap ${writer.longestGapMs} ms`)
    assert.deepEqual(await missing(url, acknowledged), [])
    await leader.boot()
    const back = await eventually(
      () => its.run('up'),
      (it) => it.code === 0,
      90_000,
    )
    assert.ok(stepsOf(back).includes(`${leader.name} join-engine`))
    const roles = await eventually(
      () => its.run('status'),
      (it) => it.code === 0,
      60_000,
    )
    assert.ok(roles.events()[0]?.nodes?.some((it) => it['node'] === leader.name && it['role'] === 'standby'))
  })

  test('it stops everywhere, and starts again', async () => {
    done(await its.run('down', '--yes'))
    assert.equal((await its.run('status')).code, 4)
    done(await its.run('up'))
    await eventually(
      () => its.run('status'),
      (it) => it.code === 0,
      60_000,
    )
  })
})
