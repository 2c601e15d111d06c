import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listText, reportText } from '../../../src/cli/doctor/format.js'
import { nodesOf } from '../../../src/cli/doctor/nodes-of.js'
import { CHECKS } from '../../../src/replication/postgresql/doctor/checks.js'
import type {
  ClusterFacts,
  DatabaseFacts,
  HbaFacts,
  NodeFacts,
  SenderFacts,
  SlotFacts,
} from '../../../src/replication/postgresql/doctor/facts.js'
import { examine } from '../../../src/replication/postgresql/doctor/finding.js'

const SETTINGS = {
  ...{ max_connections: '100', max_worker_processes: '8', max_wal_senders: '10', max_prepared_transactions: '0' },
  ...{ max_locks_per_transaction: '64', max_replication_slots: '10', max_slot_wal_keep_size: '1024' },
  ...{ max_standby_streaming_delay: '30000', hot_standby: 'on', hot_standby_feedback: 'on', wal_level: 'replica' },
  ...{ wal_log_hints: 'on', data_checksums: 'off', fsync: 'on', full_page_writes: 'on', synchronous_commit: 'on' },
  ...{ synchronous_standby_names: 'ANY 1 (two)', wal_sender_timeout: '10000', wal_receiver_timeout: '10000' },
  ...{ archive_mode: 'off', archive_command: '', archive_library: '', password_encryption: 'scram-sha-256' },
  ...{ primary_conninfo: 'host=one passfile=/p', primary_slot_name: 'two', autovacuum: 'on' },
  shared_preload_libraries: '',
}
const DATABASE: DatabaseFacts = { name: 'app', age: 1000, checksumFailures: 0, conflicts: 0 }
const SLOT: SlotFacts = {
  name: 'two',
  isPhysical: true,
  isActive: true,
  status: 'reserved',
  keptBytes: 0,
  pinsRows: true,
}
const SENDER: SenderFacts = {
  ...{ name: 'two', role: 'replicator', isSuperuser: false, address: '10.0.0.2', isEncrypted: true, sync: 'quorum' },
}
const RULE: HbaFacts = {
  ...{ line: 1, type: 'host', databases: ['app'], users: ['app'], address: '10.0.0.0', method: 'scram-sha-256' },
}

function node(name: string, isStandby: boolean, more: Partial<NodeFacts> = {}): NodeFacts {
  return {
    ...{ node: name, isStandby, version: 150_018, system: '7000000000000000001', timeline: 2, position: 0x3000000n },
    ...{ isPaused: false, settings: SETTINGS, pendingRestart: [], slots: isStandby ? [] : [SLOT] },
    ...{ senders: isStandby ? [] : [SENDER], receiver: isStandby ? { timeline: 2, silentSeconds: 1 } : null },
    ...{ databases: [DATABASE], hba: [RULE], role: { name: 'app', isSuperuser: false }, connections: 10 },
    ...{ archiver: { isFailing: false, lastFailed: null }, oldestTransaction: undefined, oldestPrepared: undefined },
    ...{ unlogged: [], clock: { offsetMs: 0, errorMs: 1 }, hidden: [] },
    ...more,
  }
}

type Change = Partial<Omit<NodeFacts, 'settings'>> & { readonly settings?: Readonly<Record<string, string>> }
const changed = ({ settings, ...more }: Change): Partial<NodeFacts> => ({
  ...more,
  settings: { ...SETTINGS, ...settings },
})
/** A healthy pair, but for this on the primary, and on the standby. */
const pair = (primary: Change = {}, standby: Change = {}, silent: ClusterFacts['silent'] = []): ClusterFacts => ({
  nodes: [node('one', false, changed(primary)), node('two', true, changed(standby))],
  silent,
})
const slot = (more: Partial<SlotFacts>): Change => ({ slots: [{ ...SLOT, ...more }] })
const rule = (more: Partial<HbaFacts>): Change => ({ hba: [{ ...RULE, ...more }] })
const senders = (more: Partial<SenderFacts>, settings = {}): Change => ({ senders: [{ ...SENDER, ...more }], settings })

/** By check: a cluster in which it finds something, and how the evidence reads. */
const CASES: Readonly<Record<string, readonly [cluster: ClusterFacts, evidence: RegExp]>> = {
  unreachable: [pair({}, {}, [{ node: 'three', why: 'refused' }]), /refused/],
  'no-primary': [{ nodes: [node('two', true)], silent: [] }, /two: all in recovery/],
  'two-primaries': [pair({ timeline: 1 }, { isStandby: false, timeline: 2 }), /timeline 1, and two on timeline 2/],
  'different-systems': [pair({}, { system: '7' }), /system 7, the others 7000000000000000001/],
  'timeline-behind': [pair({}, { receiver: { timeline: 1, silentSeconds: 1 } }), /timeline 1, one is on 2/],
  'old-version': [pair({ version: 130_023 }, { version: 130_023 }), /PostgreSQL 13/],
  'major-versions-differ': [pair({}, { version: 160_001 }), /one: 15; two: 16/],
  'minor-versions-differ': [pair({}, { version: 150_017 }), /one: 15\.18; two: 15\.17/],
  'libraries-differ': [pair({}, { settings: { shared_preload_libraries: 'x' } }), /one: none; two: x/],
  'clock-skew': [pair({}, { clock: { offsetMs: -900, errorMs: 99 } }), /^800 ms at least from one/],
  'follows-nobody': [pair({}, { receiver: null }), /no WAL receiver/],
  'receiver-silent': [pair({}, { receiver: { timeline: 2, silentSeconds: 31 } }), /31 s/],
  'far-behind': [pair({ position: 0x3000000n + (65n << 20n) }), /65 MB behind one/],
  'replay-paused': [pair({}, { isPaused: true }), /paused/],
  'parameter-too-small': [pair({ settings: { max_connections: '200' } }), /max_connections = 100, on one 200/],
  'unbounded-conflict-delay': [pair({}, { settings: { max_standby_streaming_delay: '-1' } }), /-1, no limit/],
  'cancelled-queries': [
    pair({}, { databases: [{ ...DATABASE, conflicts: 3 }], settings: { hot_standby_feedback: 'off' } }),
    /^3 since/,
  ],
  'no-hot-standby': [pair({ settings: { hot_standby: 'off' } }), /off/],
  'standby-without-slot': [pair({}, { settings: { primary_slot_name: '' } }), /empty/],
  'slot-lost': [pair(slot({ status: 'lost', isActive: false, pinsRows: false })), /two is lost/],
  'slot-about-to-be-lost': [pair(slot({ status: 'unreserved', keptBytes: 2 ** 30 })), /1024 MB behind/],
  'slot-inactive': [pair(slot({ isActive: false, pinsRows: false, keptBytes: 2 ** 21 })), /keeps 2 MB/],
  'slot-pins-rows': [pair(slot({ isActive: false })), /xmin/],
  'slot-keeps-much': [pair(slot({ keptBytes: 11 * 2 ** 30 })), /11264 MB/],
  'slots-without-bound': [pair({ settings: { max_slot_wal_keep_size: '-1' } }), /1 slots, .* = -1/],
  'slots-used-up': [pair({ settings: { max_replication_slots: '1' } }), /1 of 1: two/],
  'senders-used-up': [pair({ settings: { max_wal_senders: '2' } }), /1 of 2/],
  'fsync-off': [pair({ settings: { fsync: 'off' } }), /off/],
  'full-page-writes-off': [pair({ settings: { full_page_writes: 'off' } }), /off/],
  'wal-level-minimal': [pair({ settings: { wal_level: 'minimal' } }), /minimal/],
  'commit-not-durable': [pair({ settings: { synchronous_commit: 'off' } }), /off/],
  'synchronous-with-nobody': [pair(senders({ sync: 'async' })), /ANY 1 \(two\); nobody/],
  'asynchronous-only': [pair(senders({ sync: 'async' }, { synchronous_standby_names: '' })), /empty/],
  'no-rewind': [pair({ settings: { wal_log_hints: 'off' } }), /data_checksums = off/],
  'slow-timeouts': [pair({ settings: { wal_sender_timeout: '60000' } }), /60 s/],
  'archive-failing': [
    pair({
      settings: { archive_mode: 'on', archive_command: 'cp' },
      archiver: { isFailing: true, lastFailed: '0001' },
    }),
    /0001 failed last/,
  ],
  'archive-to-nowhere': [pair({ settings: { archive_mode: 'on', archive_command: 'cd .' } }), /'cd \.'/],
  'checksum-failures': [pair({ databases: [{ ...DATABASE, checksumFailures: 1 }] }), /app: 1/],
  'unlogged-tables': [pair({ unlogged: ['carts'] }), /carts/],
  trust: [pair(rule({ method: 'trust' })), /line 1: host app app 10\.0\.0\.0 trust/],
  'trust-local': [pair(rule({ method: 'trust', type: 'local', address: null })), /line 1: local app app trust/],
  md5: [pair(rule({ method: 'md5' })), /md5/],
  'open-to-everybody': [pair(rule({ address: '0.0.0.0', users: ['all'], databases: ['all'] })), /0\.0\.0\.0/],
  'old-password-encryption': [pair({ settings: { password_encryption: 'md5' } }), /md5/],
  'replication-as-superuser': [pair(senders({ role: 'postgres', isSuperuser: true })), /two as postgres/],
  'password-in-conninfo': [pair({}, { settings: { primary_conninfo: 'host=one password=secret' } }), /password=…/],
  'unencrypted-replication': [pair(senders({ isEncrypted: false })), /two from 10\.0\.0\.2/],
  'asked-as-superuser': [pair({ role: { name: 'postgres', isSuperuser: true } }), /postgres/],
  'wrap-around': [pair({ databases: [{ ...DATABASE, age: 1.5e9 }] }), /app: 1500000000/],
  'autovacuum-off': [pair({ settings: { autovacuum: 'off' } }), /off/],
  'long-transaction': [pair({ oldestTransaction: { seconds: 7200, who: 'app on app' } }), /app on app, for 120 min/],
  'forgotten-prepared-transaction': [pair({ oldestPrepared: { seconds: 600, name: 'x' } }), /x, for 10 min/],
  'connections-used-up': [pair({ connections: 95 }), /95 of 100/],
  'pending-restart': [pair({ pendingRestart: ['max_connections'] }), /max_connections/],
}

test('a cluster that is as it should be gives no finding', () => {
  assert.deepEqual(examine(pair(), CHECKS), [])
})

test('a role that sees little finds nothing wrong with what it does not see', () => {
  const blind: Change = { senders: undefined, receiver: undefined, hba: undefined }
  assert.deepEqual(examine(pair(blind, blind), CHECKS), [])
})

for (const { id, severity } of CHECKS) {
  test(`${id} is found`, () => {
    const [cluster, evidence] = CASES[id] ?? assert.fail(`there is no case for ${id}`)
    const found = examine(cluster, CHECKS)
    const [its] = found.filter((it) => it.check === id)
    assert.equal(its?.severity, severity)
    assert.match(its?.evidence ?? '', evidence)
    assert.ok(!JSON.stringify(found).includes('secret'))
  })
}

test('checks have names of their own, and say what they look at', () => {
  assert.equal(new Set(CHECKS.map((it) => it.id)).size, CHECKS.length)
  assert.deepEqual(Object.keys(CASES).sort(), CHECKS.map((it) => it.id).sort())
  assert.match(listText(CHECKS), /^slot-inactive +warning +somebody uses every replication slot$/m)
})

test('the report begins with the worst, and ends with what was not seen', () => {
  const cluster = pair({ settings: { fsync: 'off' }, unlogged: ['carts'], hidden: ['pg_hba.conf: ask as a superuser'] })
  const findings = examine(cluster, CHECKS)
  assert.deepEqual(
    findings.map((it) => it.check),
    ['fsync-off', 'unlogged-tables'],
  )
  const text = reportText(cluster, findings, CHECKS.length)
  assert.match(
    text,
    /^CRITICAL {2}fsync-off {2}one\n {2}fsync = off\n {2}why: .*\n {2}do: alter system set fsync = 'on'/,
  )
  assert.match(
    text,
    /not seen on one: pg_hba\.conf: ask as a superuser\n\d+ checks of 2 nodes: 1 critical, 0 warnings, 1/,
  )
})

test('every host of a URL is a node', () => {
  assert.deepEqual(nodesOf(['postgres://app:x@db1,db2:5433/shop', 'postgres:///shop?host=/run&port=5434']), [
    { node: 'db1', url: 'postgres://app:x@db1/shop' },
    { node: 'db2:5433', url: 'postgres://app:x@db2:5433/shop' },
    { node: '/run:5434', url: 'postgres:///shop?host=/run&port=5434' },
  ])
  assert.throws(() => nodesOf(['db1']), /url 1: must be a URL/)
})
