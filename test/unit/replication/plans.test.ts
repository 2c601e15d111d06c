import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OperationError } from '../../../src/replication/postgresql/errors.js'
import { planDown, planRemove } from '../../../src/replication/postgresql/operations/plan-down.js'
import { planFailover } from '../../../src/replication/postgresql/operations/plan-failover.js'
import { planRejoin } from '../../../src/replication/postgresql/operations/plan-rejoin.js'
import { planSwitchover } from '../../../src/replication/postgresql/operations/plan-switchover.js'
import { planUp } from '../../../src/replication/postgresql/operations/plan-up.js'
import type { Plan } from '../../../src/replication/postgresql/operations/step.js'
import type { Survey } from '../../../src/replication/postgresql/operations/survey.js'
import { absent, primary, standby, stopped, survey } from './survey.js'

/** `node-1 stop`, one to a step; what it is done with in brackets. */
function stepsOf({ steps }: Plan): readonly string[] {
  return steps.map(({ kind, node, ...rest }) => {
    const details = Object.values(rest).flat().join(',')
    return `${node} ${kind}${details === '' ? '' : ` (${details})`}`
  })
}

const whole = (): Survey =>
  survey({ 'node-1': primary(['node_2', 'node_3']), 'node-2': standby('node-1'), 'node-3': standby('node-1') })

const foreign = primary([], { control: { ...primary([]).control, systemIdentifier: '7000000000000000002' } })
const silent = (timeline = 1) => ({ ...stopped(false, timeline), is: 'silent' as const, why: 'timeout' })

const PLANS: readonly (readonly [title: string, plan: () => Plan, steps: readonly string[]])[] = [
  [
    'up, from nothing: the first node is made, the others are copied',
    () => planUp(survey({ 'node-1': absent, 'node-2': absent }, ['node-1', 'node-2'])),
    [
      'node-1 create',
      'node-1 configure',
      'node-1 start',
      'node-1 prepare',
      'node-1 make-slots (node-2)',
      'node-2 clone (node-1)',
      'node-2 configure (node-1)',
      'node-2 start',
      'node-2 await-streaming (node-1)',
      'node-1 prove (node-2)',
    ],
  ],
  [
    'up, on bare hosts with synchronous standbys: a commit waits for none before it is there',
    () => {
      const bare = survey({ 'node-1': absent, 'node-2': absent }, ['node-1', 'node-2'])
      return planUp({ ...bare, synchronous: 1, notInstalled: new Set(['node-1', 'node-2']) })
    },
    [
      'node-1 install',
      'node-1 create',
      'node-1 configure (,true)',
      'node-1 start',
      'node-1 prepare',
      'node-2 install',
      'node-1 make-slots (node-2)',
      'node-2 clone (node-1)',
      'node-2 configure (node-1)',
      'node-2 start',
      'node-2 await-streaming (node-1)',
      'node-1 configure',
      'node-1 prove (node-2)',
    ],
  ],
  [
    'up, with a primary that was there before: restarted only for what needs it, and given the roles that it lacks',
    () => {
      const found = primary([], {
        roles: ['postgres'],
        settings: { listen_addresses: 'localhost', wal_level: 'logical' },
      })
      const its = survey({ 'node-1': found }, ['node-1'])
      return planUp({ ...its, settingsOf: () => ({ listen_addresses: '*', wal_level: 'logical', work_mem: '1GB' }) })
    },
    ['node-1 configure', 'node-1 restart (listen_addresses)', 'node-1 prepare', 'node-1 prove'],
  ],
  [
    'up, with a primary on either host: the data of the one that is named is set aside',
    () => planUp(survey({ 'node-1': primary([]), 'node-2': foreign }), { replace: ['node-2'] }),
    [
      'node-2 stop (fast)',
      'node-2 set-aside',
      'node-1 make-slots (node-2)',
      'node-2 clone (node-1)',
      'node-2 configure (node-1)',
      'node-2 start',
      'node-2 await-streaming (node-1)',
      'node-1 prove (node-2)',
    ],
  ],
  [
    'up, with a standby that is delayed by intent: its rows are not waited for',
    () => planUp({ ...whole(), delayed: new Set(['node-3']) }),
    ['node-1 prove (node-2)'],
  ],
  [
    'up, with standbys in a row: whom others follow comes first',
    () => {
      const bare = survey({ 'node-1': absent, 'node-2': absent, 'node-3': absent }, ['node-1', 'node-2', 'node-3'])
      return planUp({ ...bare, from: new Map([['node-2', 'node-3']]) })
    },
    [
      ...['node-1 create', 'node-1 configure', 'node-1 start', 'node-1 prepare'],
      ...['node-1 make-slots (node-3)', 'node-3 clone (node-1)', 'node-3 configure (node-1)', 'node-3 start'],
      ...['node-3 await-streaming (node-1)', 'node-3 make-slots (node-2)', 'node-2 clone (node-3)'],
      ...[
        'node-2 configure (node-3)',
        'node-2 start',
        'node-2 await-streaming (node-3)',
        'node-1 prove (node-3,node-2)',
      ],
    ],
  ],
  [
    'up, with a standby that shall follow another: the primary keeps nothing for it any more',
    () => planUp({ ...whole(), from: new Map([['node-3', 'node-2']]), isConfigured: (name) => name !== 'node-3' }),
    [
      ...['node-2 make-slots (node-3)', 'node-3 configure (node-2)', 'node-3 await-streaming (node-2)'],
      ...['node-1 drop-slots (node-3)', 'node-1 prove (node-2,node-3)'],
    ],
  ],
  [
    'up, with a description in which the primary follows a standby: it does not',
    () => planUp({ ...whole(), from: new Map([['node-1', 'node-2']]) }),
    ['node-1 prove (node-2,node-3)'],
  ],
  ['up, where all is well: nothing but the proof', () => planUp(whole()), ['node-1 prove (node-2,node-3)']],
  [
    'up, with everything stopped: the one that is no standby is the primary, wherever it stands',
    () => planUp(survey({ 'node-1': stopped(true, 2), 'node-2': stopped(false, 2) })),
    [
      'node-2 start',
      'node-2 prepare',
      'node-2 make-slots (node-1)',
      'node-1 start',
      'node-1 await-streaming (node-2)',
      'node-2 prove (node-1)',
    ],
  ],
  [
    'up, interrupted before the database was made',
    () => planUp(survey({ 'node-1': primary([], { databases: ['postgres'] }) })),
    ['node-1 prepare', 'node-1 prove'],
  ],
  [
    'up, with a standby that follows nobody, and files that are out of date',
    () => planUp(survey({ 'node-1': primary([]), 'node-2': standby(undefined) }, ['node-2'])),
    [
      'node-1 make-slots (node-2)',
      'node-2 configure (node-1)',
      'node-2 await-streaming (node-1)',
      'node-1 prove (node-2)',
    ],
  ],
  [
    'up leaves an old primary alone',
    () => planUp(survey({ 'node-1': stopped(false, 1), 'node-2': primary([], { timeline: 2 }) })),
    ['node-2 prove'],
  ],
  [
    'up leaves a standby alone that has lost its place',
    () =>
      planUp(
        survey({
          'node-1': primary([], { slots: [{ name: 'node_2', isActive: false, status: 'lost', keptBytes: 9 }] }),
          'node-2': standby(undefined),
        }),
      ),
    ['node-1 prove'],
  ],
  [
    'a switchover stops the old primary before it promotes, and promotes only what has everything',
    () => planSwitchover(whole(), 'node-2'),
    [
      'node-2 make-slots (node-1,node-3)',
      'node-1 checkpoint',
      'node-1 stop (fast)',
      'node-2 await-received (node-1)',
      'node-2 promote',
      'node-2 checkpoint',
      'node-2 configure',
      'node-3 configure (node-2)',
      'node-3 await-streaming (node-2)',
      'node-1 make-standby',
      'node-1 configure (node-2)',
      'node-1 start',
      'node-1 drop-slots (unused)',
      'node-1 await-streaming (node-2)',
      'node-2 prove (node-3,node-1)',
    ],
  ],
  [
    'a failover takes the standby with the most, and moves the others to it',
    () =>
      planFailover(
        survey({
          'node-1': stopped(false),
          'node-2': standby(undefined, { received: 100n }),
          'node-3': standby(undefined, { received: 300n }),
        }),
      ),
    [
      'node-3 make-slots (node-1,node-2)',
      'node-3 promote',
      'node-3 checkpoint',
      'node-3 configure',
      'node-2 configure (node-3)',
      'node-2 await-streaming (node-3)',
      'node-3 prove (node-2)',
    ],
  ],
  [
    'a failover ends a primary that runs and does not answer',
    () => planFailover(survey({ 'node-1': silent(), 'node-2': standby('node-1') })),
    [
      'node-1 stop (immediate)',
      'node-2 make-slots (node-1)',
      'node-2 promote',
      'node-2 checkpoint',
      'node-2 configure',
      'node-2 prove',
    ],
  ],
  [
    'an old primary rejoins by a rewind, behind a checkpoint of the new one',
    () => planRejoin(survey({ 'node-1': stopped(false, 1), 'node-2': primary([], { timeline: 2 }) }), 'node-1'),
    [
      'node-2 make-slots (node-1)',
      'node-1 configure (node-2)',
      'node-2 checkpoint',
      'node-1 rewind (node-2)',
      'node-1 start',
      'node-1 drop-slots (unused)',
      'node-1 await-streaming (node-2)',
      'node-2 prove (node-1)',
    ],
  ],
  [
    'an old primary that runs again is stopped first',
    () => planRejoin(survey({ 'node-1': primary([]), 'node-2': primary([], { timeline: 2 }) }), 'node-1'),
    [
      'node-1 stop (fast)',
      'node-2 make-slots (node-1)',
      'node-1 configure (node-2)',
      'node-2 checkpoint',
      'node-1 rewind (node-2)',
      'node-1 start',
      'node-1 drop-slots (unused)',
      'node-1 await-streaming (node-2)',
      'node-2 prove (node-1)',
    ],
  ],
  [
    'a standby that does not stream rejoins by a fresh copy',
    () => planRejoin(survey({ 'node-1': primary([]), 'node-2': standby(undefined) }), 'node-2'),
    [
      'node-2 stop (fast)',
      'node-1 make-slots (node-2)',
      'node-2 configure (node-1)',
      'node-2 set-aside',
      'node-2 clone (node-1)',
      'node-2 start',
      'node-2 drop-slots (unused)',
      'node-2 await-streaming (node-1)',
      'node-1 prove (node-2)',
    ],
  ],
  ['a standby that streams has nothing to rejoin', () => planRejoin(whole(), 'node-2'), []],
  [
    'down stops the primary first',
    () => planDown(survey({ 'node-1': standby('node-2'), 'node-2': primary(['node_1']) }), false),
    ['node-2 stop (fast)', 'node-1 stop (fast)'],
  ],
  [
    'a standby that leaves takes its slot with it, and its data only when told to',
    () => planRemove(whole(), 'node-3', false),
    ['node-3 stop (fast)', 'node-1 drop-slots (node-3)'],
  ],
]

for (const [title, plan, steps] of PLANS) {
  test(title, () => assert.deepEqual(stepsOf(plan()), steps))
}

test('a switchover that fails before the promotion is put back', () => {
  const { putBack } = planSwitchover(whole())
  assert.equal(putBack?.before, 'promote')
  assert.deepEqual(
    putBack?.steps.map((it) => `${it.node} ${it.kind}`),
    ['node-1 start', 'node-2 drop-slots'],
  )
})

test('a failover says what is lost', () => {
  const told = { host: '127.0.0.1', port: 5001, isStreaming: false, told: 500n, silentMs: 5000 }
  const states = { 'node-1': stopped(false), 'node-2': standby(undefined, { received: 300n, receiver: told }) }
  const { notes } = planFailover(survey(states))
  assert.match(notes[0] ?? '', /^everything from 0\/12C on is lost: 200 bytes of it are known of;/)
  assert.equal(notes[1], 'afterwards: sluice rejoin node-1')
})

const oldAndNew = { 'node-1': primary([], { timeline: 1 }), 'node-2': stopped(false, 2) }
const REFUSALS: readonly (readonly [title: string, plan: () => Plan, why: RegExp, hint: RegExp])[] = [
  [
    'two primaries of different systems',
    () => planUp(survey({ 'node-1': primary([]), 'node-2': foreign })),
    /node-1 and node-2 run as primaries of different systems/,
    /sluice up --replace NODE/,
  ],
  [
    'data that came from elsewhere',
    () => planUp(survey({ 'node-1': primary([]), 'node-2': { ...stopped(false), control: foreign.control } })),
    /node-2 has data that did not come from node-1, of system 7000000000000000002/,
    /sluice up --replace node-2/,
  ],
  [
    'the primary as the one whose data is set aside',
    () => planUp(survey({ 'node-1': primary([]), 'node-2': standby('node-1') }), { replace: ['node-1'] }),
    /no primary/,
    /failover/,
  ],
  [
    'to set aside the only data there is',
    () => planUp(survey({ 'node-1': absent, 'node-2': primary([]) }), { replace: ['node-2'] }),
    /without node-2 there is no data to copy/,
    /does not count/,
  ],
  [
    'up with a node that cannot be reached',
    () => planUp(survey({ 'node-1': primary([]), 'node-2': { is: 'out-of-reach', why: 'no key', hint: 'ssh-add' } })),
    /node-2 cannot be reached: no key/,
    /ssh-add/,
  ],
  [
    'two primaries',
    () => planUp(survey({ 'node-1': primary([]), 'node-2': primary([], { timeline: 2 }) })),
    /node-1 \(timeline 1\) and node-2 \(timeline 2\) both run as primaries/,
    /keep node-2: sluice rejoin node-1/,
  ],
  ['an old primary that runs alone', () => planUp(survey(oldAndNew)), /node-1 .* was superseded/, /rejoin node-1/],
  [
    'two that stopped as primaries of one timeline',
    () => planUp(survey({ 'node-1': stopped(false), 'node-2': stopped(false) })),
    /node-1 and node-2 both stopped as primaries of timeline 1/,
    /decide/,
  ],
  [
    'nothing but standbys',
    () => planUp(survey({ 'node-1': stopped(true), 'node-2': standby(undefined) })),
    /there is no primary/,
    /sluice failover/,
  ],
  [
    'the newest history on a standby, and an older primary stopped',
    () => planUp(survey({ 'node-1': stopped(false, 1), 'node-2': stopped(true, 2) })),
    /there is no primary/,
    /sluice failover/,
  ],
  [
    'up with a node that is silent',
    () => planUp(survey({ 'node-1': silent() })),
    /does not answer: timeout/,
    /logs node-1/,
  ],
  ['a switchover to nobody', () => planSwitchover(survey({ 'node-1': primary([]) })), /none runs/, /sluice up/],
  ['a switchover to the primary', () => planSwitchover(whole(), 'node-1'), /is the primary already/, /./],
  ['a switchover to a name that is none', () => planSwitchover(whole(), 'node-9'), /node-9 is no standby/, /./],
  [
    'a switchover to one that is far behind',
    () => planSwitchover(survey({ 'node-1': primary([], { position: 1n << 30n }), 'node-2': standby('node-1') })),
    /node-2 is \d+ bytes behind/,
    /./,
  ],
  [
    'a switchover to one that is paused',
    () => planSwitchover(survey({ 'node-1': primary([]), 'node-2': standby('node-1', { isPaused: true }) }), 'node-2'),
    /node-2 has its replay paused/,
    /./,
  ],
  ['a failover from a primary that runs', () => planFailover(whole()), /node-1 runs, and answers/, /sluice switchover/],
  [
    'a failover while a node cannot be reached',
    () => planFailover(survey({ 'node-1': { is: 'out-of-reach', why: 'no route' }, 'node-2': standby(undefined) })),
    /node-1 cannot be reached, and may run as a primary/,
    /--force/,
  ],
  [
    'a failover while a standby that may have more is down',
    () => planFailover(survey({ 'node-1': stopped(false), 'node-2': standby(undefined), 'node-3': stopped(true) })),
    /node-3, a standby, has stopped/,
    /--force/,
  ],
  [
    'a failover to one that has less',
    () =>
      planFailover(
        survey({
          'node-1': stopped(false),
          'node-2': standby(undefined, { received: 100n }),
          'node-3': standby(undefined, { received: 300n }),
        }),
        { to: 'node-2' },
      ),
    /node-2 has 200 bytes less than node-3/,
    /promote node-3/,
  ],
  ['a primary that rejoins itself', () => planRejoin(whole(), 'node-1'), /node-1 is the primary itself/, /switchover/],
  [
    'the newer of two primaries that rejoins the older',
    () => planRejoin(survey({ 'node-1': primary([]), 'node-2': primary([], { timeline: 2 }) }), 'node-2'),
    /node-2 is on timeline 2, node-1 only on 1/,
    /rejoin node-1/,
  ],
  ['a primary that leaves', () => planRemove(whole(), 'node-1', false), /node-1 is the primary/, /switchover/],
  ['a name that is none', () => planRemove(whole(), 'node-9', false), /there is no node node-9/, /node-1, node-2/],
]

for (const [title, plan, why, hint] of REFUSALS) {
  test(`refused: ${title}`, () => {
    assert.throws(plan, (error: OperationError) => why.test(error.message) && hint.test(error.hint ?? ''))
  })
}

test('forced, a failover goes on without a node that cannot be asked', () => {
  const states = { 'node-1': { is: 'out-of-reach', why: 'no route' } as const, 'node-2': standby(undefined) }
  assert.equal(planFailover(survey(states), { force: true }).title, 'node-2 is promoted')
})
