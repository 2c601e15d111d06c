import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { done, type Event, startSluice, stepsOf } from '../../support/cli.js'
import { asPostgres, Described, whyNot } from '../../support/hosts/described.js'
import { hostsPart } from '../../support/hosts/part.js'
import type { TestHost } from '../../support/hosts/test-host.js'
import { need } from '../../support/need.js'
import { eventually } from '../../support/pool.js'

/** In order: what one test leaves is where the next begins. */
describe('a start that is interrupted', need(hostsPart('sluice up over SSH, interrupted')), () => {
  let its: Described
  let db1: TestHost
  let db2: TestHost

  before(async () => {
    its = await Described.start(['db1', 'db2'], { image: 'postgresql' })
    ;[db1, db2] = its.hosts as [TestHost, TestHost]
  })
  after(() => its?.stop())

  test('a start that was killed at any step is gone on with by the next', async () => {
    const moments = [
      ...['db1 create', 'db1 configure', 'db1 start', 'db1 prepare', 'db1 make-slots'],
      ...['db2 clone', 'db2 configure', 'db2 start', 'db2 await-streaming', 'db1 prove'],
    ]
    for (const moment of moments) {
      const isSeen = await eventually(() => killedAt(its.file, moment), Boolean, 60_000)
      assert.ok(isSeen, moment)
    }
    // Whoever was killed may still hold a lock for a moment.
    const again = await eventually(
      () => its.run('up'),
      (it) => it.code === 0,
      60_000,
    )
    assert.deepEqual(stepsOf(again), ['db1 prove'])
    assert.equal((await its.run('status')).code, 0)
  })

  test('a copy whose network is cut is made by the next start', async () => {
    done(await its.run('up'))
    const rows = "create table large as select n, repeat('x', 500) as t from generate_series(1, 300000) n"
    await asPostgres(db1, rows, 'app')
    done(await its.run('remove', 'db2', '--delete'))
    its.describe('copyMb: 20\n')
    const started = startSluice(['up', '--file', its.file, '--json'], (line) => {
      const { event, step } = JSON.parse(line) as Event
      if (event === 'goes-on' && step?.kind === 'clone') void db2.unplug()
    })
    assert.match(whyNot(await started.ended), /db2: copy db1: admin@db2: the (connection|lock) was lost .*/)
    await db2.plug()
    its.describe()
    const again = await eventually(
      () => its.run('up'),
      (it) => it.code === 0,
      90_000,
    )
    assert.ok(stepsOf(again).includes('db2 clone'))
    assert.equal(await asPostgres(db2, 'select count(*) from large', 'app'), '300000')
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
