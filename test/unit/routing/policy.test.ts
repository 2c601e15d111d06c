import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Health } from '../../../src/model/health.js'
import type { NodeView, Role, View } from '../../../src/model/view.js'
import { allowedIn, refusalsIn } from '../../../src/routing/policy.js'

const DOWN: Health = { state: 'down', sinceMs: 0, failures: 1, cause: new Error('connect ECONNREFUSED') }

function node(name: string, role: Role, more: Partial<NodeView> = {}): NodeView {
  const load = { inFlight: 0, latencyMs: 0 }
  const progress = { position: undefined, moment: 0, life: 0 }
  const rest = { address: `${name}:5432`, weight: 1, zone: undefined, shard: undefined, promotedIn: 0, load, progress }
  return { name, role, configured: role, health: { state: 'up' }, ...rest, ...more }
}

function view(...nodes: readonly NodeView[]): View {
  return { version: 1, nodes }
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

describe('of several primaries', () => {
  const old = node('old', 'primary')

  test('those of the configuration write', () => {
    const two = view(old, node('new', 'primary', { configured: 'replica' }), node('other', 'primary'))

    assert.deepEqual(allowed(two).primaries, ['old', 'other'])
  })

  test('the one that was promoted last is believed, and the others are not', () => {
    const nodes = [old, node('first', 'primary', { promotedIn: 3 }), node('last', 'primary', { promotedIn: 7 })]

    assert.deepEqual(allowed(view(...nodes)).primaries, ['last'])
  })

  test('none is believed where nobody can tell: better no write than two histories', () => {
    const [a, b] = ['a', 'b'].map((it) => node(it, 'primary', { configured: 'unknown' })) as [NodeView, NodeView]

    assert.deepEqual(allowed(view(a, b)).primaries, [])
  })

  test('a single one is believed, whatever the configuration calls it', () => {
    assert.deepEqual(allowed(view(node('r', 'primary', { configured: 'replica' }))).primaries, ['r'])
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
