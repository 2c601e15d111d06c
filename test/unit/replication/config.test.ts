import assert from 'node:assert/strict'
import { test } from 'node:test'
import { anyOf, type HbaLine, type NodeConfig, slotOf } from '../../../src/replication/postgresql/config/node-config.js'
import {
  conninfo,
  hbaText,
  hbaWithBlock,
  passFileText,
  readPassFile,
  readSettings,
  settingsOf,
  settingsText,
} from '../../../src/replication/postgresql/config/node-files.js'
import { scramVerifier } from '../../../src/replication/postgresql/config/scram.js'
import { readControlFile } from '../../../src/replication/postgresql/nodes/control-file.js'
import { Meter } from '../../../src/replication/postgresql/steps/clone.js'

const NODE: NodeConfig = {
  name: 'node-2',
  upstream: { host: '127.0.0.1', port: 5001 },
  sslMode: 'prefer',
  passFile: '/a b/passfile',
  passwords: { replicator: 'secret' },
  synchronousNames: '',
  settings: { hba_file: "/it's here/pg_hba.conf", max_wal_senders: '20' },
  access: [],
}
const ACCESS: readonly HbaLine[] = [
  { type: 'hostssl', database: 'replication', user: 'replicator', address: '10.0.0.1/32', method: 'scram-sha-256' },
  { type: 'host', database: 'My App', user: 'app', address: '10.0.0.0/8', method: 'scram-sha-256' },
]

test('the settings of a standby name whom it follows, and no password', () => {
  const text = settingsText(NODE)
  assert.match(text, /^hba_file = '\/it''s here\/pg_hba.conf'$/m)
  assert.match(text, /^primary_conninfo = 'host=127.0.0.1 port=5001 user=replicator .* passfile=''\/a b\/passfile'''$/m)
  assert.match(text, /^primary_slot_name = 'node_2'$/m)
  assert.match(text, /^synchronous_standby_names = ''$/m)
  assert.match(text, /^max_wal_senders = '20'$/m)
  assert.doesNotMatch(text, /secret|sslmode|recovery_min_apply_delay/)
  const { primary_conninfo: where, recovery_min_apply_delay: delay } = settingsOf({
    ...NODE,
    sslMode: 'require',
    delay: '1h',
  })
  assert.match(where ?? '', / sslmode=require$/)
  assert.equal(delay, '1h')
})

test('the settings of a primary name nobody, and those it waits for', () => {
  const text = settingsText({
    ...NODE,
    upstream: undefined,
    delay: '1h',
    synchronousNames: anyOf(1, ['node-1', 'x"y']),
  })
  assert.doesNotMatch(text, /primary_|delay/)
  assert.match(text, /^synchronous_standby_names = 'ANY 1 \("node-1", "x""y"\)'$/m)
  assert.deepEqual([anyOf(0, ['a']), anyOf(1, [])], ['', ''])
})

test('settings and passwords are read as they were written', () => {
  assert.deepEqual(readSettings(settingsText(NODE)), settingsOf(NODE))
  const passwords = { replicator: 'a:b\\c', 'o:dd': 'x' }
  assert.deepEqual(readPassFile(passFileText(passwords)), passwords)
})

test('lines of access stand before those that were there, once, and nobody is trusted', () => {
  assert.equal(
    hbaText(ACCESS).split('\n').slice(2).join('\n'),
    `hostssl         replication     replicator      10.0.0.1/32     scram-sha-256
host            "My App"        app             10.0.0.0/8      scram-sha-256
`,
  )
  const theirs = '# PostgreSQL Client Authentication\nlocal all all peer\nhost all all 0.0.0.0/0 trust\n'
  const once = hbaWithBlock(theirs, ACCESS)
  assert.ok(once.endsWith(`\n${theirs}`))
  assert.ok(once.indexOf('hostssl') < once.indexOf('trust'))
  assert.equal(hbaWithBlock(once, ACCESS), once)
  assert.equal(
    hbaWithBlock(`host x x 1.1.1.1/32 md5\n${once}`, ACCESS),
    hbaWithBlock(`host x x 1.1.1.1/32 md5\n${theirs}`, ACCESS),
  )
})

test('what is special in a passfile, a connection string or a slot is written so that it is read again', () => {
  assert.equal(passFileText({ replicator: 'a:b\\c' }), '*:*:*:replicator:a\\:b\\\\c\n')
  assert.match(conninfo({ host: 'h', port: 1 }, { passfile: "o'k" }), /passfile='o\\'k'$/)
  assert.equal(slotOf('Node-1.b'), 'node_1_b')
})

test('a verifier is that of the RFC for its password and salt', () => {
  // RFC 7677, section 3: the keys with which its client and server prove themselves.
  assert.equal(
    scramVerifier('pencil', Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64')),
    'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==' +
      '$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
  )
  assert.throws(() => scramVerifier('straße'), RangeError)
})

test('a control file says who, when and how', () => {
  const bytes = Buffer.alloc(64)
  bytes.writeBigUInt64LE(7_412_345_678_901_234_567n, 0)
  bytes.writeUInt32LE(1, 16)
  bytes.writeBigUInt64LE(0x3000028n, 32)
  bytes.writeUInt32LE(7, 48)
  assert.deepEqual(readControlFile(bytes), {
    systemIdentifier: '7412345678901234567',
    state: 'shut-down',
    checkpoint: 0x3000028n,
    timeline: 7,
  })
  assert.throws(() => readControlFile(bytes.subarray(0, 40)), RangeError)
})

test('a copy says how much of it there is, how fast it goes and how long it takes', () => {
  let now = 0
  const meter = new Meter(() => now)
  assert.equal(meter.read('pg_basebackup: initiating base backup'), undefined)
  assert.equal(meter.read('0/1048576 kB (0%), 0/1 tablespace'), '0 of 1024 MB')
  now = 2000
  assert.equal(meter.read('524288/1048576 kB (50%), 0/1 tablespace'), '512 of 1024 MB, 256 MB/s, 2 s left')
})
