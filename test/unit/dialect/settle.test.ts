import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fateOf, type Trace, traceOf } from '../../../src/dialect/postgresql/settle.js'

const trace: Trace = traceOf({ xid: '740', written: '0/3000100', started: 'noon', system: '7', timeline: 2 })
const row = { status: 'committed', recovered: null, started: 'noon', system: '7', timeline: 2 }

for (const [title, answer, fate] of [
  ['a server that has run on knows', row, 'committed'],
  ['one that has run on may not be done yet', { ...row, status: 'in progress' }, 'open'],
  ['nobody remembers a number that is too old', { ...row, status: null }, 'unknown'],
  ['another system says nothing', { ...row, system: '8' }, 'unknown'],
  ['nor one on an older timeline', { ...row, timeline: 1 }, 'unknown'],
  ['after two promotions the number may be another’s', { ...row, timeline: 4, started: 'one' }, 'unknown'],
  ['after an orderly restart nothing is lost', { ...row, started: 'one' }, 'committed'],
  [
    'where the recovery ended before what it had written, the number is another’s',
    { ...row, started: 'one', recovered: '0/30000F8' },
    'aborted',
  ],
  [
    'where it went on behind it, the status is the truth',
    { ...row, started: 'one', recovered: '0/3000100' },
    'committed',
  ],
  [
    'a standby that was promoted and had all of it knows',
    { ...row, started: 'one', timeline: 3, recovered: '0/3000100', status: 'aborted' },
    'aborted',
  ],
  ['one that had not has lost it', { ...row, started: 'one', timeline: 3, recovered: '0/3000000' }, 'aborted'],
  ['one that does not say how far it had come cannot tell', { ...row, started: 'one', timeline: 3 }, 'unknown'],
  [
    'a number that has not been given yet is of a transaction that is lost',
    { ...row, started: 'one', recovered: '0/4000000', status: 'not ended' },
    'aborted',
  ],
  ['or of one that has not ended', { ...row, status: 'not ended' }, 'open'],
  [
    'what was open when the server ended is undone',
    { ...row, started: 'one', recovered: '0/4000000', status: 'in progress' },
    'aborted',
  ],
] as const) {
  test(title, () => assert.equal(fateOf(trace, answer), fate))
}

test('a transaction that wrote nothing has no number', () => {
  assert.equal(traceOf({ xid: null, written: '0/0', started: '', system: '', timeline: 1 }).xid, undefined)
})
