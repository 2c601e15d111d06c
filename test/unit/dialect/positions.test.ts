import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { endOfRecords, lsnOf, positionOf, statusOf } from '../../../src/dialect/postgresql/positions.js'
import { lsnText } from '../../../src/model/position.js'

const BLOCK = 8192
const SEGMENT = 1024 * 1024

const row = {
  in_recovery: false,
  written: '1/100018',
  replayed: null,
  timeline: 3,
  system: '7711942190459984420',
  receiving: true,
  receives: null,
  read_only: false,
  synchronous: true,
  started: '2026-11-25 03:14:25.011865+00',
  block: BLOCK,
  segment: SEGMENT,
}

test('an LSN is read and written as PostgreSQL has it', () => {
  for (const text of ['0/0', '0/1A2B3C8', '16/B374D848', 'FFFFFFFF/FFFFFFFF']) assert.equal(lsnText(lsnOf(text)), text)
  assert.equal(lsnOf('1/0'), 4_294_967_296n)
})

describe('the end of the last record', () => {
  const page = 5n * BigInt(BLOCK)
  const segment = 7n * BigInt(SEGMENT)
  for (const [what, lsn, end] of [
    ['in the middle of a page stays where it is', page + 1000n, page + 1000n],
    ['behind the header of an empty page is the end of the page before', page + 24n, page],
    ['behind the header of an empty segment is the end of the segment before', segment + 40n, segment],
    ['forty bytes into a page may be the end of a record that began before it', page + 40n, page + 40n],
    ['at the end of a page stays where it is', page, page],
  ] as const) {
    test(what, () => assert.equal(endOfRecords(lsn, BLOCK, SEGMENT), end))
  }
})

test('a primary stands where its records end, a replica where it has replayed', () => {
  assert.deepEqual(statusOf(row), {
    role: 'primary',
    position: { system: row.system, timeline: 3, lsn: lsnOf('1/100000') },
    startedAt: row.started,
    isReceiving: undefined,
    receivedTimeline: undefined,
    isReadOnly: false,
    isSynchronous: true,
    recoveredTo: undefined,
  })
  const replica = statusOf({ ...row, in_recovery: true, written: null, replayed: '1/100018' })
  assert.deepEqual([replica.role, replica.position?.lsn], ['replica', lsnOf('1/100018')])
  assert.equal(replica.isSynchronous, false, 'its setting is for the day that it is promoted')
})

test('a server that does not say all of it stands nowhere', () => {
  assert.equal(statusOf({ ...row, in_recovery: true, written: null, replayed: null }).position, undefined)
  assert.equal(statusOf({ ...row, timeline: null }).position, undefined)
  assert.equal(statusOf({ ...row, system: null }).position, undefined)
})

test('a position alone is believed of a server that is what it was', () => {
  const last = statusOf(row)
  const brief = { in_recovery: false, lsn: '1/200828', block: BLOCK, segment: SEGMENT }
  assert.deepEqual(positionOf(brief, last), { ...last.position, lsn: lsnOf('1/200828') })
  assert.equal(positionOf({ ...brief, in_recovery: true }, last), undefined)
})
