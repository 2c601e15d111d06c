import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ConfigError } from '../../../src/base/errors.js'
import type { Balancer, BalancerName } from '../../../src/model/balancer.js'
import type { NodeView } from '../../../src/model/view.js'
import { makeBalancer } from '../../../src/routing/balancers/make-balancer.js'

type Given = Partial<Pick<NodeView, 'weight' | 'zone'>> & { inFlight?: number; latencyMs?: number }

function node(name: string, { weight = 1, zone, inFlight = 0, latencyMs = 0 }: Given = {}): NodeView {
  const load = { inFlight, latencyMs }
  const rest = {
    role: 'replica',
    configured: 'replica',
    promotedIn: 0,
    history: undefined,
    isReceiving: undefined,
    isReadOnly: false,
    isVouchedFor: false,
    takesReads: true,
    fence: undefined,
    health: { state: 'up' },
    shard: undefined,
    progress: { position: undefined, moment: 0, life: 0 },
  } as const
  return { name, address: `${name}:5432`, weight, zone, load, ...rest }
}

/** Evenly spread and always the same. */
function dice(seed = 1): () => number {
  let state = seed
  return () => {
    state = (state * 16_807) % 2_147_483_647
    return (state - 1) / 2_147_483_646
  }
}

function make(choice: BalancerName, zone?: string): Balancer {
  return makeBalancer(choice, { random: dice(), zone })
}

function picks(balancer: Balancer, candidates: readonly NodeView[], count: number): readonly string[] {
  return Array.from({ length: count }, () => (candidates[balancer.pick(candidates)] as NodeView).name)
}

function shares(balancer: Balancer, candidates: readonly NodeView[], count = 12_000): Record<string, number> {
  const found: Record<string, number> = Object.fromEntries(candidates.map((it) => [it.name, 0]))
  for (const name of picks(balancer, candidates, count)) found[name] = (found[name] ?? 0) + 1 / count
  return Object.fromEntries(Object.entries(found).map(([name, share]) => [name, Math.round(share * 20) / 20]))
}

describe('round robin', () => {
  test('serves nodes in proportion to their weights, evenly spread', () => {
    const nodes = [node('a', { weight: 5 }), node('b'), node('c')]

    assert.equal(picks(make('round-robin'), nodes, 14).join(''), 'aabacaaaabacaa')
  })

  test('takes weights that are no whole numbers', () => {
    const nodes = [node('a', { weight: 0.5 }), node('b', { weight: 1.5 })]

    assert.equal(picks(make('round-robin'), nodes, 8).join(''), 'babbbabb')
  })

  test('does not flood a node that was away', () => {
    const [a, b, c] = [node('a'), node('b'), node('c')]
    const balancer = make('round-robin')
    picks(balancer, [a, b, c], 4)
    picks(balancer, [a, b], 1000)

    assert.deepEqual([...picks(balancer, [a, b, c], 6)].sort().join(''), 'aabbcc')
  })
})

describe('least busy', () => {
  test('of two nodes takes the one with less under way', () => {
    assert.deepEqual(shares(make('least-busy'), [node('a', { inFlight: 3 }), node('b', { inFlight: 2 })]), {
      a: 0,
      b: 1,
    })
  })

  test('compares what is under way by weight', () => {
    const nodes = [node('a', { inFlight: 5, weight: 4 }), node('b', { inFlight: 1, weight: 1 })]

    assert.deepEqual(shares(make('least-busy'), nodes), { a: 1, b: 0 })
  })

  test('spreads over all but the busiest of many', () => {
    const nodes = [node('a', { inFlight: 9 }), node('b'), node('c'), node('d')]

    const { a, ...others } = shares(make('least-busy'), nodes)

    assert.equal(a, 0)
    assert.ok(
      Object.values(others).every((share) => share >= 0.3 && share <= 0.36),
      JSON.stringify(others),
    )
  })
})

describe('fastest', () => {
  test('takes the node that should answer first, counting what is under way there', () => {
    const nodes = [node('a', { latencyMs: 10, inFlight: 5 }), node('b', { latencyMs: 20, inFlight: 1 })]

    assert.deepEqual(shares(make('fastest'), nodes), { a: 0, b: 1 })
  })

  test('tries nodes first that were never timed, the idle before the busy', () => {
    const nodes = [node('a', { latencyMs: 1 }), node('b', { inFlight: 1 }), node('c')]

    assert.deepEqual(picks(make('fastest'), nodes, 3), ['c', 'c', 'c'])
  })

  test('asks a slow node again now and then, lest it stay slow in our eyes for ever', () => {
    const nodes = [node('a', { latencyMs: 1 }), node('b', { latencyMs: 1000 })]

    assert.equal(picks(make('fastest'), nodes, 256).filter((it) => it === 'b').length, 2)
  })
})

describe('failover', () => {
  test('takes the first of the highest weight', () => {
    const nodes = [node('a'), node('b', { weight: 9 }), node('c', { weight: 9 })]

    assert.deepEqual(picks(make('failover'), nodes, 3), ['b', 'b', 'b'])
    assert.deepEqual(picks(make('failover'), [nodes[0] as NodeView, nodes[2] as NodeView], 2), ['c', 'c'])
  })
})

for (const name of ['round-robin', 'least-busy', 'fastest', 'failover'] as const) {
  describe(`every balancer: ${name}`, () => {
    test('uses nodes of weight 0 only when there are no others', () => {
      const spare = { weight: 0 }
      const nodes = [node('a', spare), node('b', { weight: 0.001, inFlight: 50, latencyMs: 900 }), node('c', spare)]

      assert.deepEqual(shares(make(name), nodes, 1000), { a: 0, b: 1, c: 0 })
      assert.notDeepEqual(shares(make(name), [node('a', spare), node('c', spare)], 10), { a: 0, c: 0 })
    })

    test('prefers its zone while a node there can serve', () => {
      const nodes = [node('a', { zone: 'x' }), node('b', { zone: 'y' }), node('c', { zone: 'y' }), node('d')]

      assert.equal(
        picks(make(name, 'y'), nodes, 200).every((it) => it === 'b' || it === 'c'),
        true,
      )
      assert.deepEqual(new Set(picks(make(name, 'x'), nodes, 20)), new Set(['a']))
      assert.equal(picks(make(name, 'elsewhere'), nodes, 20).length, 20)
    })

    test('does not stay in its zone for a node of weight 0', () => {
      const nodes = [node('a', { zone: 'x', weight: 0 }), node('b', { zone: 'y' })]

      assert.deepEqual(picks(make(name, 'x'), nodes, 3), ['b', 'b', 'b'])
    })

    test('answers with one of the candidates, however many there are', () => {
      for (let count = 1; count < 9; count++) {
        const nodes = Array.from({ length: count }, (_, i) => node(`n${i}`, { weight: i % 3, zone: i % 2 ? 'x' : 'y' }))

        assert.ok(picks(make(name, 'x'), nodes, 50).every((it) => nodes.some((one) => one.name === it)))
      }
    })
  })
}

describe('a function of the user', () => {
  const nodes = [node('a'), node('b')]

  test('chooses among the candidates', () => {
    const last = makeBalancer((candidates) => candidates.at(-1) as NodeView, { random: dice(), zone: undefined })

    assert.deepEqual(picks(last, nodes, 2), ['b', 'b'])
  })

  test('must return one of the nodes it was given', () => {
    for (const [returned, found] of [
      [node('a'), 'another node, a'],
      [undefined, 'nothing'],
      [0, 'something else'],
    ] as const) {
      const broken = makeBalancer(() => returned as NodeView, { random: dice(), zone: undefined })

      assert.throws(
        () => broken.pick(nodes),
        new ConfigError([{ path: 'balancer', rule: 'must return one of the nodes it was given (a, b)', found }]),
      )
    }
  })
})
