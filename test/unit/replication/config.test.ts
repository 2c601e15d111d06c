import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  conninfo,
  hbaText,
  type NodeConfig,
  passFileText,
  settingsText,
  slotOf,
} from '../../../src/replication/postgresql/config/node-files.js'
import { scramVerifier } from '../../../src/replication/postgresql/config/scram.js'
import { readControlFile } from '../../../src/replication/postgresql/nodes/control-file.js'
import { Meter } from '../../../src/replication/postgresql/steps/clone.js'

const NODE: NodeConfig = {
  name: 'node-2',
  address: { host: '127.0.0.1', port: 5002 },
  paths: { hbaFile: "/it's here/pg_hba.conf", passFile: '/a b/passfile' },
  upstream: { host: '127.0.0.1', port: 5001 },
  peers: ['node-1', 'node-3'],
  synchronous: 0,
  replicationPassword: 'secret',
}

test('the settings of a standby name whom it follows, and no password', () => {
  const text = settingsText(NODE)
  assert.match(text, /^hba_file = '\/it''s here\/pg_hba.conf'$/m)
  assert.match(text, /^primary_conninfo = 'host=127.0.0.1 port=5001 user=replicator .* passfile=''\/a b\/passfile'''$/m)
  assert.match(text, /^primary_slot_name = 'node_2'$/m)
  assert.match(text, /^synchronous_standby_names = ''$/m)
  assert.ok(!text.includes('secret'))
})

test('the settings of a primary name nobody, and those it waits for', () => {
  const text = settingsText({ ...NODE, upstream: undefined, synchronous: 1 })
  assert.doesNotMatch(text, /primary_/)
  assert.match(text, /^synchronous_standby_names = 'ANY 1 \("node-1", "node-3"\)'$/m)
})

test('nobody is trusted, and whoever replicates gets no further than that', () => {
  assert.doesNotMatch(hbaText(), /trust|md5/)
  assert.match(hbaText(), /all +replicator +127.0.0.1\/32 +reject\nhost +all +all/)
})

test('what is special in a passfile, a connection string or a slot is written so that it is read again', () => {
  assert.equal(passFileText('a:b\\c'), '*:*:*:replicator:a\\:b\\\\c\n')
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
