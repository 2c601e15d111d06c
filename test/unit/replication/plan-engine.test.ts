import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DebianLayout } from '../../../src/replication/postgresql/layouts/debian-layout.js'
import type { EngineState } from '../../../src/replication/postgresql/operations/engine.js'
import { judge } from '../../../src/replication/postgresql/operations/judge.js'
import { plans } from '../../../src/replication/postgresql/operations/plans.js'
import type { Plan } from '../../../src/replication/postgresql/operations/step.js'
import type { Survey } from '../../../src/replication/postgresql/operations/survey.js'
import { callScript } from '../../../src/replication/postgresql/patroni/api.js'
import { readIssued } from '../../../src/replication/postgresql/patroni/certificates.js'
import { storeText } from '../../../src/replication/postgresql/patroni/etcd.js'
import { patroniText } from '../../../src/replication/postgresql/patroni/patroni-text.js'
import { absent, primary, standby, stopped, survey } from './survey.js'

const ALL = ['node-1', 'node-2', 'node-3']
const inCharge = (more: Partial<EngineState> = {}): EngineState => ({
  ...{ isInCharge: true, members: new Set(ALL), leader: 'node-1', synchronous: new Set(), isPaused: false },
  ...more,
})
const STATES = { 'node-1': primary(['node_2', 'node_3']), 'node-2': standby('node-1'), 'node-3': standby('node-1') }
const whole = (engine: EngineState, states: Parameters<typeof survey>[0] = STATES): Survey => ({
  ...survey(states),
  engine,
})
const stepsOf = ({ steps }: Plan) => steps.map((it) => `${it.node} ${it.kind}`)

test('a cluster that runs is handed over, the primary first', () => {
  const plan = plans.up(whole(inCharge({ isInCharge: false, members: new Set(), leader: undefined })))
  assert.deepEqual(stepsOf(plan), [
    ...ALL.map((it) => `${it} install-engine`),
    ...ALL.map((it) => `${it} start-store`),
    ...ALL.flatMap((it) => [`${it} join-engine`, `${it} await-member`]),
    'node-1 prove',
  ])
})

test('bare hosts become a cluster first', () => {
  const none = inCharge({ isInCharge: false, members: new Set(), leader: undefined })
  const steps = stepsOf(plans.up(whole(none, { 'node-1': absent, 'node-2': absent, 'node-3': absent })))
  assert.ok(steps.indexOf('node-3 await-streaming') < steps.indexOf('node-1 join-engine'))
})

test('up brings back those on which it does not run, and nothing else', () => {
  assert.deepEqual(stepsOf(plans.up(whole(inCharge()))), ['node-1 prove'])
  const states = { ...STATES, 'node-3': stopped(false) }
  const missing = whole(inCharge({ members: new Set(['node-1', 'node-2']) }), states)
  assert.deepEqual(stepsOf(plans.up(missing)), [
    ...['node-3 install-engine', 'node-3 start-store', 'node-3 join-engine', 'node-3 await-member', 'node-1 prove'],
  ])
})

test('where acknowledged writes must not be lost, it is waited for until it has whom to promote', () => {
  const wanting = (engine: EngineState, states = STATES): Survey => ({ ...whole(engine, states), synchronous: 1 })
  const kinds = (plan: Plan) => plan.steps.map((it) => it.kind)
  const ready = inCharge({ synchronous: new Set(['node-2']) })
  assert.equal(kinds(plans.switchover(wanting(ready), 'node-2')).at(-1), 'await-synchronous')
  assert.equal(kinds(plans.switchover(whole(ready), 'node-2')).at(-1), 'prove')
  const fresh = inCharge({ isInCharge: false, members: new Set(), leader: undefined })
  assert.equal(kinds(plans.up(wanting(fresh))).at(-1), 'await-synchronous')
  assert.deepEqual(kinds(plans.up(wanting(ready))), ['prove'])
  assert.deepEqual(kinds(plans.up(wanting(inCharge()))), ['prove', 'await-synchronous'])
  const paused = inCharge({ synchronous: new Set(['node-2']), isPaused: true })
  assert.equal(kinds(plans.switchover(wanting(paused), 'node-2')).at(-1), 'prove')
})

test('what changes who leads is asked of it', () => {
  assert.equal(stepsOf(plans.switchover(whole(inCharge()), 'node-3'))[0], 'node-3 engine-switchover')
  const states = { ...STATES, 'node-1': stopped(false) }
  const dead = whole(inCharge({ members: new Set(['node-2', 'node-3']) }), states)
  const synchronous = inCharge({ synchronous: new Set(['node-3']) })
  assert.equal(stepsOf(plans.switchover(whole(synchronous)))[0], 'node-3 engine-switchover')
  // Its members may go on naming a leader that is no more.
  assert.equal(stepsOf(plans.failover(dead, { to: 'node-2' }))[0], 'node-2 engine-failover')
  const back = whole(inCharge({ members: new Set(['node-1', 'node-2']) }))
  assert.deepEqual(stepsOf(plans.rejoin(back, 'node-3')).slice(0, 2), ['node-3 start-store', 'node-3 join-engine'])
  assert.equal(stepsOf(plans.rejoin(whole(inCharge()), 'node-3', { fresh: true }))[0], 'node-3 reinitialize')
  assert.deepEqual(stepsOf(plans.rejoin(whole(inCharge()), 'node-3')), [])
  assert.deepEqual(stepsOf(plans.down(whole(inCharge()), false)), [
    ...['node-2 leave-engine', 'node-3 leave-engine', 'node-1 leave-engine'],
  ])
})

test('what it would not do is refused, with what to do', () => {
  const refused = (plan: () => Plan) => {
    try {
      plan()
    } catch (error) {
      return `${(error as Error).message}; ${(error as { hint?: string }).hint}`
    }
    return 'nothing'
  }
  assert.match(
    refused(() => plans.failover(whole(inCharge()))),
    /node-1 leads, and answers; .*by itself/,
  )
  assert.match(
    refused(() => plans.switchover(whole(inCharge({ leader: undefined })))),
    /nobody leads/,
  )
  assert.match(
    refused(() => plans.switchover(whole(inCharge()), 'node-1')),
    /node-1 leads already/,
  )
  assert.match(
    refused(() => plans.switchover(whole(inCharge({ synchronous: new Set(['node-3']) })), 'node-2')),
    /node-2 is not synchronous, .*; name node-3/,
  )
  assert.match(
    refused(() => plans.down(whole(inCharge()), true)),
    /by hand/,
  )
  const two = whole(inCharge(), { 'node-1': primary(['node_2']), 'node-2': standby('node-1') })
  assert.match(
    refused(() => plans.up(two)),
    /needs 3 nodes, and there are 2/,
  )
})

test('status says where it does not run, and that it is paused', () => {
  assert.deepEqual(judge(whole(inCharge())).problems, [])
  const { problems } = judge(whole(inCharge({ members: new Set(['node-1', 'node-2']), isPaused: true })))
  assert.deepEqual(problems, [
    'Patroni does not run on node-3: sluice up',
    'Patroni is paused, and would not fail over: patronictl resume',
  ])
  const nobody = judge({ ...whole(inCharge()), synchronous: 1 })
  assert.equal(nobody.health, 'degraded')
  assert.match(nobody.problems.join(), /^Patroni has no synchronous standby now, and would promote nobody/)
  assert.deepEqual(judge({ ...whole(inCharge({ synchronous: new Set(['node-2']) })), synchronous: 1 }).problems, [])
  assert.match(judge(whole(inCharge({ isInCharge: false }))).problems.join(), /not in charge yet: sluice up hands over/)
})

test('the configurations name all members, and let in nobody without a certificate', () => {
  const members = [
    { name: 'db1', host: '10.0.0.1' },
    { name: 'db2', host: '10.0.0.2' },
  ]
  const store = storeText(members[1] as (typeof members)[number], members)
  assert.match(store, /^ETCD_INITIAL_CLUSTER="db1=https:\/\/10\.0\.0\.1:2380,db2=https:\/\/10\.0\.0\.2:2380"$/m)
  assert.equal(store.match(/CLIENT_CERT_AUTH="true"/g)?.length, 2)
  assert.doesNotMatch(store, /http:/)
  const text = patroniText({
    ...{ name: 'db2', host: '10.0.0.2', port: 5432, hosts: members.map((it) => it.host), scope: '15-main' },
    ...{
      layout: new DebianLayout({ major: 15 }),
      synchronous: 1,
      replicationPassword: 'secret',
      restCredentials: 'a:b',
    },
  })
  assert.match(text, /hosts:\n {4}- 10\.0\.0\.1:2379\n {4}- 10\.0\.0\.2:2379\n/)
  assert.match(text, /synchronous_mode: true\n/)
  assert.match(text, /authentication:\n {4}username: a\n {4}password: b\n/)
})

test('a call of its interface has its secret in what is read, not in what is run', () => {
  const { text, input } = callScript('10.0.0.1', { method: 'POST', path: '/x', body: { a: 'ä' }, credentials: 'u:p' })
  assert.equal(text, 'exec 3<>/dev/tcp/10.0.0.1/8008\ncat >&3\ncat <&3')
  assert.match(
    input ?? '',
    /^POST \/x HTTP\/1\.0\r\nAuthorization: Basic dTpw\r\n.*Content-Length: 10\r\n\r\n\{"a":"ä"\}$/s,
  )
})

test('certificates are told apart by the address that they are for', () => {
  const issued = readIssued('authority QQ==\nissued 10.0.0.1 Qg== Qw==\nissued 10.0.0.2 RA== RQ==\n')
  assert.deepEqual(issued.get('10.0.0.2'), { authority: 'QQ==', certificate: 'RA==', key: 'RQ==' })
})
