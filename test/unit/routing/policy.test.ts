import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Health } from '../../../src/model/health.js'
import type { NodeView, Role } from '../../../src/model/view.js'
import { allowedIn, refusalsIn } from '../../../src/routing/policy.js'

const UP: Health = { state: 'up' }
const DOWN: Health = { state: 'down', sinceMs: 0, failures: 1, cause: new Error('connect ECONNREFUSED') }

function node(name: string, role: Role, more: Partial<NodeView> = {}): NodeView {
  const base = { address: `${name}:5432`, weight: 1, zone: undefined, shard: undefined, promotedIn: 0, health: UP }
  return { name, role, configured: role, load: { inFlight: 0, latencyMs: 0 }, ...base, ...more }
}

function allowed(...nodes: NodeView[]): { primaries: string[]; replicas: string[] } {
  const { primaries, replicas } = allowedIn({ version: 1, nodes }, undefined)
  return { primaries: primaries.map((it) => it.name), replicas: replicas.map((it) => it.name) }
}

test('the primary writes and replicas read', () => {
  assert.deepEqual(allowed(node('a', 'primary'), node('b', 'replica')), { primaries: ['a'], replicas: ['b'] })
})

test('a node that is down, draining or of unknown role does nothing', () => {
  const nodes = [
    node('a', 'primary', { health: DOWN }),
    node('b', 'replica', { health: { state: 'draining' } }),
    node('c', 'unknown'),
  ]
  assert.deepEqual(allowed(...nodes), { primaries: [], replicas: [] })
})

test('a promotion that was seen fences the primary before it', () => {
  const promoted = node('b', 'primary', { configured: 'replica', promotedIn: 7 })
  assert.deepEqual(allowed(node('a', 'primary'), promoted).primaries, ['b'])
})

test('of two promotions the later counts', () => {
  const nodes = [node('a', 'primary', { promotedIn: 9 }), node('b', 'primary', { promotedIn: 7 })]
  assert.deepEqual(allowed(...nodes).primaries, ['a'])
})

test('a configured replica that says primary, with no promotion seen, draws no writes from the configured primary', () => {
  assert.deepEqual(allowed(node('a', 'primary'), node('b', 'primary', { configured: 'replica' })), {
    primaries: ['a'],
    replicas: [],
  })
})

test('two primaries of which nothing else is known: nobody writes, rather than both', () => {
  const nodes = [node('a', 'primary', { configured: 'unknown' }), node('b', 'primary', { configured: 'unknown' })]
  assert.deepEqual(allowed(...nodes).primaries, [])
})

test('only nodes of the shard that is asked for', () => {
  const nodes = [
    node('a', 'primary', { shard: 'eu' }),
    node('b', 'primary', { shard: 'us' }),
    node('c', 'replica', { shard: 'eu' }),
  ]
  const { primaries, replicas } = allowedIn({ version: 1, nodes }, 'eu')
  assert.deepEqual(
    [...primaries, ...replicas].map((it) => it.name),
    ['a', 'c'],
  )
})

test('a refusal says of each node why it was not used', () => {
  const nodes = [node('a', 'primary', { health: DOWN }), node('b', 'replica'), node('c', 'unknown')]
  assert.deepEqual(
    refusalsIn({ version: 1, nodes }, 'primary', undefined).map((it) => `${it.node} ${it.why}`),
    ['a is down: connect ECONNREFUSED', 'b is a replica', 'c has not said its role yet'],
  )
})
