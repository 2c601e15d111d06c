import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CHECKS } from '../../../src/replication/postgresql/doctor/checks.js'
import { startCluster } from '../../../src/testing.js'
import { type Ended, sluice } from '../../support/cli.js'

interface Report {
  readonly nodes: readonly { readonly node: string; readonly hidden?: readonly string[] }[]
  readonly findings: readonly { readonly check: string; readonly node?: string; readonly evidence: string }[]
}

const reportOf = (ended: Ended): Report => JSON.parse(ended.out) as Report
const hostOf = (url: string): string => new URL(url).host

test('what is broken on real servers is found, with what was measured', async (t) => {
  const cluster = await startCluster(t, { replicas: 2 })
  const [one, two] = cluster.replicas.map((it) => it.name) as [string, string]
  const urls = cluster.nodes.map((it) => it.adminUrl)
  const doctor = (...args: readonly string[]) => sluice('doctor', ...args, '--json', '--timeout', '2000')
  const found = async (check: string, evidence: RegExp, given: readonly string[] = urls) => {
    const ended = await doctor(...given)
    const its = reportOf(ended).findings.filter((it) => it.check === check)
    assert.ok(
      its.some((it) => evidence.test(it.evidence)),
      `${check}: ${ended.out}${ended.err}`,
    )
    return { ended, its }
  }
  const admin = (text: string) => cluster.primary.admin(text)

  const quiet = reportOf(await doctor(...urls)).findings.map((it) => it.check)
  // Test clusters trade their safety for speed, and are asked as their superuser.
  const expected = [
    'fsync-off',
    'full-page-writes-off',
    'asked-as-superuser',
    'asynchronous-only',
    'slow-timeouts',
    'password-in-conninfo',
  ]
  assert.deepEqual(
    [...new Set(quiet)].filter((it) => !expected.includes(it)),
    [],
  )

  await cluster.pauseReplay(one)
  const { its } = await found('replay-paused', /true/)
  assert.deepEqual(
    its.map((it) => it.node),
    [hostOf(cluster.node(one).adminUrl)],
  )
  await cluster.resumeReplay(one)

  await admin('create unlogged table carts (n int)')
  await found('unlogged-tables', /carts/)
  await admin("alter system set autovacuum = 'off'")
  await admin('alter system set max_connections = 77')
  await admin("alter system set synchronous_standby_names = 'nobody'")
  await admin('select pg_reload_conf()')
  await found('autovacuum-off', /off/)
  await found('pending-restart', /max_connections/)
  const { ended } = await found('synchronous-with-nobody', /synchronous_standby_names = nobody/)
  assert.equal(ended.code, 4)
  await admin('alter system reset all')
  await admin('select pg_reload_conf()')

  await admin("select pg_create_physical_replication_slot('forgotten', true)")
  await found('slot-inactive', /slot forgotten is not in use/)
  await admin("select pg_drop_replication_slot('forgotten')")

  const elsewhere = await startCluster(t, { replicas: 0 })
  await found('different-systems', /^system \d+, the others \d+$/, [...urls, elsewhere.primary.adminUrl])

  await cluster.stop(two)
  const down = await found('unreachable', /ECONNREFUSED/)
  assert.equal(down.its[0]?.node, hostOf(cluster.node(two).adminUrl))

  await cluster.node(one).admin('select pg_promote(true, 60)')
  await found('two-primaries', /takes writes on timeline 1, and .* on timeline 2/)
})

test('with fewer rights less is seen, and it is said which are missing', async (t) => {
  const cluster = await startCluster(t, { replicas: 1 })
  await cluster.primary.admin("create role plain login password 'x'")
  await cluster.waitForReplay()
  const urls = cluster.nodes.map(({ url }) => Object.assign(new URL(url), { username: 'plain', password: 'x' }).href)
  const ended = await sluice('doctor', ...urls, '--json')
  const { nodes } = reportOf(ended)
  assert.equal(nodes.length, 2, ended.out + ended.err)
  for (const { hidden } of nodes) assert.match(hidden?.join() ?? '', /grant pg_monitor to "plain",pg_hba\.conf/)
  assert.ok(!ended.out.includes(':x@'))
})

test('checks are listed, chosen and left out', async () => {
  const all = await sluice('doctor', '--list', '--json')
  assert.equal(all.out.trim().split('\n').length, CHECKS.length)
  const some = await sluice('doctor', '--list', '--only', 'trust,md5', '--skip', 'md5')
  assert.match(some.out, /^trust +critical /)
  assert.equal(some.out.trim().split('\n').length, 1)
  const none = await sluice('doctor', '--only', 'turst')
  assert.deepEqual([none.code, /there is no check turst\n {2}sluice doctor --list/.test(none.err)], [1, true])
  const nobody = await sluice('doctor', 'postgres://127.0.0.1:1/x', '--timeout', '500')
  assert.equal(nobody.code, 4)
  assert.match(nobody.out, /CRITICAL {2}unreachable {2}127\.0\.0\.1:1\n/)
})
