import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Health } from '../../../src/model/health.js'
import type { NodeView, Role, View } from '../../../src/model/view.js'
import { fencedAmong, type Known, NOTHING_KNOWN } from '../../../src/routing/fencing.js'
import { allowedIn, refusalsIn } from '../../../src/routing/policy.js'

const DOWN: Health = { state: 'down', sinceMs: 0, failures: 1, cause: new Error('connect ECONNREFUSED') }

function node(name: string, role: Role, more: Partial<NodeView> = {}): NodeView {
  const load = { inFlight: 0, latencyMs: 0 }
  const progress = { position: undefined, moment: 0, life: 0 }
  const rest = { address: `${name}:5432`, weight: 1, zone: undefined, shard: undefined, promotedIn: 0, load, progress }
  const told = { history: undefined, isReceiving: undefined, isReadOnly: false, isVouchedFor: false, takesReads: true }
  return { name, role, configured: role, health: { state: 'up' }, ...rest, ...told, fence: undefined, ...more }
}

function view(...nodes: readonly NodeView[]): View {
  return { version: 1, nodes }
}

/** As the cluster does: what is fenced is left out. */
function fenced(nodes: readonly NodeView[], known: Known = NOTHING_KNOWN): View {
  const { fences } = fencedAmong(nodes, known)
  return view(...nodes.map((it) => ({ ...it, fence: fences.get(it.name) })))
}

function on(timeline: number, system = 'ours', startedAt?: string): Partial<NodeView> {
  return { history: { system, timeline, startedAt } }
}

function allowed(of: View, shard?: string) {
  const { primaries, replicas } = allowedIn(of, shard)
  return { primaries: primaries.map((it) => it.name), replicas: replicas.map((it) => it.name) }
}

describe('who may serve', () => {
  test('a node of the right role that is up, or was never asked', () => {
    const nodes = [
      node('p', 'primary'),
      node('a', 'replica', { health: { state: 'unknown' } }),
      node('b', 'replica', { health: DOWN }),
      node('c', 'replica', { health: { state: 'draining' } }),
      node('d', 'unknown'),
    ]

    assert.deepEqual(allowed(view(...nodes)), { primaries: ['p'], replicas: ['a'] })
  })

  test('a node of the shard that was chosen only; one without a shard where none was', () => {
    const one = view(node('p', 'primary', { shard: 'a' }), node('q', 'primary', { shard: 'b' }), node('r', 'replica'))

    assert.deepEqual(allowed(one, 'b'), { primaries: ['q'], replicas: [] })
    assert.deepEqual(allowed(one), { primaries: [], replicas: ['r'] })
  })
})

test('a replica that receives from nobody reads only where no other can', () => {
  const lost = node('lost', 'replica', { isReceiving: false })
  assert.deepEqual(allowed(view(lost, node('r', 'replica', { isReceiving: true }))).replicas, ['r'])
  assert.deepEqual(allowed(view(lost, node('p', 'primary'))).replicas, ['lost'])
})

test('a primary that has become read-only takes no writes, and a replica that shall not read does not', () => {
  const nodes = [node('p', 'primary', { isReadOnly: true }), node('r', 'replica', { takesReads: false })]
  assert.deepEqual(allowed(view(...nodes)), { primaries: [], replicas: [] })
  const [p] = refusalsIn(view(...nodes), 'primary', undefined)
  const [, r] = refusalsIn(view(...nodes), 'replica', undefined)
  assert.deepEqual([p?.why, r?.why], ['is the primary, and read-only now', 'shall not read, by its topology'])
})

describe('of several primaries', () => {
  const old = node('old', 'primary')

  test('those of the configuration write', () => {
    const two = fenced([old, node('new', 'primary', { configured: 'replica' }), node('other', 'primary')])

    assert.deepEqual(allowed(two).primaries, ['old', 'other'])
  })

  test('the one that was promoted last is believed, and the others are not', () => {
    const [first, last] = [3, 7].map((it) => node(`r${it}`, 'primary', { configured: 'replica', promotedIn: it }))

    assert.deepEqual(allowed(fenced([old, first, last] as NodeView[])).primaries, ['r7'])
  })

  test('none is believed where nobody can tell: better no write than two histories', () => {
    const [a, b] = ['a', 'b'].map((it) => node(it, 'primary', { configured: 'unknown' })) as [NodeView, NodeView]

    assert.deepEqual(allowed(fenced([a, b])).primaries, [])
  })

  test('a single one is believed, whatever the configuration calls it', () => {
    assert.deepEqual(allowed(fenced([node('r', 'primary', { configured: 'replica' })])).primaries, ['r'])
  })

  test('the one on the newest timeline is believed, whatever was seen and configured', () => {
    const nodes = [
      node('old', 'primary', { ...on(1), promotedIn: 9 }),
      node('new', 'primary', { ...on(2), configured: 'replica' }),
    ]
    const { fences } = fencedAmong(nodes, NOTHING_KNOWN)
    assert.deepEqual([...fences], [['old', 'older-timeline']])
  })

  test('an old one is not believed either while the new one is away, or only heard of', () => {
    const alone = [
      node('old', 'primary', on(1)),
      node('new', 'primary', { ...on(2), configured: 'replica', health: DOWN }),
    ]
    assert.deepEqual(allowed(fenced(alone)).primaries, [])
    assert.deepEqual(allowed(fenced([node('old', 'primary', on(1))], { system: 'ours', timeline: 2 })).primaries, [])
    assert.deepEqual(allowed(fenced([node('old', 'primary', on(1)), node('r', 'replica', on(2))])).primaries, [])
  })

  test('on one timeline, the configuration decides, or nobody: not what was seen last', () => {
    const other = node('other', 'primary', { ...on(2), configured: 'unknown', promotedIn: 4 })
    assert.deepEqual(allowed(fenced([node('its', 'primary', on(2)), other])).primaries, ['its'])
    const another = { ...other, name: 'another', promotedIn: 5 }
    const { fences } = fencedAmong([other, another], NOTHING_KNOWN)
    assert.deepEqual([...fences.values()], ['same-timeline', 'same-timeline'])
  })

  test('one server under two names is one primary', () => {
    const [a, b] = ['a', 'b'].map((it) =>
      node(it, 'primary', { ...on(1, 'ours', 'at noon'), configured: 'unknown' }),
    ) as [NodeView, NodeView]
    assert.deepEqual(allowed(fenced([a, b])).primaries, ['a', 'b'])
  })

  test('what the configuration alone calls the primary is no rival of one that says so', () => {
    const never = node('never', 'primary', { health: DOWN })
    const said = node('said', 'primary', { ...on(3), configured: 'replica' })
    assert.deepEqual(allowed(fenced([never, said])).primaries, ['said'])
    const unasked = node('unasked', 'primary', { health: { state: 'unknown' } })
    assert.deepEqual(allowed(fenced([unasked, said])).primaries, ['said'])
  })

  test('the one that the engine names is believed, on whatever timeline; until it says so itself, nobody is', () => {
    const named = node('named', 'primary', { ...on(2), configured: 'unknown', isVouchedFor: true })
    const loud = node('loud', 'primary', { ...on(3), configured: 'unknown' })
    assert.deepEqual([...fencedAmong([named, loud], NOTHING_KNOWN).fences], [['loud', 'engine-names-another']])
    assert.equal(fencedAmong([named, loud], { system: 'ours', timeline: 3 }).known.timeline, 2)
  })
})

describe('of another system', () => {
  const its = node('its', 'primary', on(1))

  test('a node gets nothing, not even reads', () => {
    const { fences, known } = fencedAmong([its, node('stranger', 'replica', on(1, 'theirs'))], NOTHING_KNOWN)
    assert.deepEqual([[...fences], known.system], [[['stranger', 'other-system']], 'ours'])
  })

  test('a cluster stays what it is while a node of it is there, and is another one when all are', () => {
    const stranger = node('its', 'primary', on(7, 'theirs'))
    const known = { system: 'ours', timeline: 3 }
    assert.deepEqual([...fencedAmong([stranger, node('r', 'replica', on(3))], known).fences], [['its', 'other-system']])
    assert.deepEqual(fencedAmong([stranger], known), { fences: new Map(), known: { system: 'theirs', timeline: 7 } })
  })

  test('several primaries that were configured may each have their own', () => {
    assert.deepEqual(allowed(fenced([its, node('other', 'primary', on(1, 'theirs'))])).primaries, ['its', 'other'])
  })
})

test('whoever may not serve is named with the reason', () => {
  const nodes = [
    node('p', 'primary'),
    node('a', 'replica', { health: DOWN }),
    node('b', 'replica', { health: { state: 'draining' } }),
    node('c', 'unknown'),
    node('d', 'replica', { shard: 'x' }),
  ]

  assert.deepEqual(
    refusalsIn(view(...nodes), 'replica', undefined)
      .map((it) => `${it.node} ${it.why}`)
      .slice(0, 4),
    ['p is a primary', 'a is down: connect ECONNREFUSED', 'b is draining', 'c has not said its role yet'],
  )
  assert.equal(refusalsIn(view(...nodes), 'replica', 'y')[4]?.why, 'is in shard x')
})
