import assert from 'node:assert/strict'
import { test } from 'node:test'
import { historyText, statusText } from '../../../src/cli/status/format.js'
import { judge, lagBytes, lagMs } from '../../../src/replication/postgresql/operations/judge.js'
import type { Survey } from '../../../src/replication/postgresql/operations/survey.js'
import { absent, primary, standby, stopped, survey } from './survey.js'

const CASES: readonly (readonly [title: string, survey: Survey, health: string, problem: RegExp | undefined])[] = [
  ['all is well', survey({ 'node-1': primary(['node_2']), 'node-2': standby('node-1') }), 'healthy', undefined],
  [
    'standbys stream in a row',
    survey({
      'node-1': primary(['node_2']),
      'node-2': standby('node-1', { slots: [{ name: 'node_3', isActive: true, status: 'reserved', keptBytes: 0 }] }),
      'node-3': standby('node-2'),
    }),
    'healthy',
    undefined,
  ],
  [
    'a standby streams from one that does not',
    survey({ 'node-1': primary(['node_2']), 'node-2': standby(undefined), 'node-3': standby('node-2') }),
    'degraded',
    /node-2 does not stream from node-1/,
  ],
  [
    'nobody takes writes',
    survey({ 'node-1': stopped(false), 'node-2': standby(undefined) }),
    'down',
    /no primary runs/,
  ],
  [
    'a node has no data',
    survey({ 'node-1': primary([]), 'node-2': absent }),
    'degraded',
    /node-2 has no data: sluice up/,
  ],
  [
    'a standby stopped',
    survey({ 'node-1': primary([]), 'node-2': stopped(true) }),
    'degraded',
    /node-2 does not run: sluice up/,
  ],
  [
    'an old primary stopped',
    survey({ 'node-1': primary([], { timeline: 2 }), 'node-2': stopped(false) }),
    'degraded',
    /node-2 does not run: sluice rejoin node-2/,
  ],
  [
    'two primaries',
    survey({ 'node-1': primary([]), 'node-2': primary([], { timeline: 2 }) }),
    'degraded',
    /node-1 runs as a primary too, on timeline 1: sluice rejoin node-1/,
  ],
  [
    'the primary was superseded',
    survey({ 'node-1': primary([]), 'node-2': stopped(false, 2) }),
    'degraded',
    /node-2 is on timeline 2, newer than that of node-1/,
  ],
  [
    'a standby follows nobody',
    survey({ 'node-1': primary(['node_2']), 'node-2': standby(undefined) }),
    'degraded',
    /node-2 does not stream from node-1/,
  ],
  [
    'replay is paused',
    survey({ 'node-1': primary(['node_2']), 'node-2': standby('node-1', { isPaused: true }) }),
    'degraded',
    /pg_wal_replay_resume/,
  ],
  [
    'a standby streams without a slot',
    survey({ 'node-1': primary([]), 'node-2': standby('node-1') }),
    'degraded',
    /node-2 has no replication slot on node-1: sluice up/,
  ],
]

for (const [title, seen, health, problem] of CASES) {
  test(`${health}: ${title}`, () => {
    const judgement = judge(seen)
    assert.equal(judgement.health, health)
    if (problem === undefined) assert.deepEqual(judgement.problems, [])
    else
      assert.ok(
        judgement.problems.some((it) => problem.test(it)),
        judgement.problems.join('\n'),
      )
  })
}

test('lag is none when nothing is missing, however long ago the last commit was', () => {
  const its = { name: 'node-1', state: primary([], { position: 1000n }) }
  const upToDate = standby('node-1', { replayed: 1000n, lastCommitAgeMs: 60_000 })
  const behind = standby('node-1', { replayed: 400n, lastCommitAgeMs: 70 })
  assert.deepEqual([lagBytes(upToDate, its), lagMs(upToDate, its)], [0, 0])
  assert.deepEqual([lagBytes(behind, its), lagMs(behind, its)], [600, 70])
  assert.deepEqual([lagBytes(behind, undefined), lagMs(behind, undefined)], [undefined, undefined])
})

test('the table has a line for each node, and says what is wrong', () => {
  const seen = survey({
    'node-1': primary(['node_2'], { position: 0x3000500n }),
    'node-2': standby('node-1'),
    'node-3': absent,
  })
  assert.equal(
    statusText(seen, judge(seen)),
    `
NODE    ADDRESS         ROLE     STATE      VERSION  TL  LSN        LAG           WAL KEPT  SLOT      CLIENTS  FOLLOWS
node-1  127.0.0.1:5001  primary  running    15.18    1   0/3000500  -             -         -         2        -
node-2  127.0.0.1:5002  standby  streaming  15.18    1   0/3000100  1.0 kB, 5 ms  0 B       reserved  0        node-1
node-3  127.0.0.1:5003  unknown  no data    -        -   -          -             -         -         -        -

degraded
  node-3 has no data: sluice up makes it
`.trimStart(),
  )
})

test('the history draws each lag to its own scale, and leaves out what was not known', () => {
  assert.equal(
    historyText(new Map([['node-2', [0, 512, undefined, 1024]]])),
    '\nlag of the last 4 s\nnode-2  ▁▄ █  at most 1.0 kB\n',
  )
})
