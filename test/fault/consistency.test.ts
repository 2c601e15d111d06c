import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startCluster, type TestCluster } from '../../src/testing.js'
import { NODE_FAULT_NAMES, type NodeFaultName } from '../consistency/faults.js'
import { USUAL_MIX } from '../consistency/plan.js'
import { type RunOptions, type RunResult, runCheck } from '../consistency/run.js'

let cluster: TestCluster

before(async () => {
  cluster = await startCluster({ replicas: 2 })
})

after(() => cluster?.stop())

const SHORT: RunOptions = {
  ...{ level: 'session', timerMs: 1000, seed: 20, durationMs: 2500, maxOperations: 20_000, sessions: 6 },
  ...{ mix: { ...USUAL_MIX, registers: 4 }, faults: [], lagMs: 50 },
}

function run(options: Partial<RunOptions>): Promise<RunResult> {
  return runCheck(cluster, { ...SHORT, ...options })
}

/** How often each rule was broken. */
function broken({ violations }: RunResult): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const { rule } of violations) counts[rule] = (counts[rule] ?? 0) + 1
  return counts
}

test('the checker sees that eventual reads under lag miss what their session wrote and had read', async () => {
  const counts = broken(await run({ level: 'eventual', faults: ['lag'], durationMs: 3000 }))
  assert.deepEqual(Object.keys(counts).sort(), ['monotonic-reads', 'read-your-writes'])
})

test('the checker sees that a timer of 1 s is too short for a lag of 2 s', async () => {
  const mix = { ...SHORT.mix, slowSessions: 1 }
  const counts = broken(await run({ level: 'timer', mix, lagMs: 2000, durationMs: 4000, sessions: 16 }))
  assert.ok((counts['read-your-writes'] ?? 0) > 0, JSON.stringify(counts))
})

const KINDS: Readonly<Record<string, readonly NodeFaultName[]>> = {
  'replay stops and lags': ['pause', 'lag'],
  'servers die, restart and freeze': ['kill', 'restart', 'freeze'],
  'the network in front of nodes breaks': ['cut', 'half-open', 'slow'],
  'the network behind replicas breaks': ['upstream-cut', 'upstream-half-open', 'upstream-slow'],
}

for (const [kind, faults] of Object.entries(KINDS)) {
  test(`a session sees what it wrote and has seen while ${kind}, and replicas serve it`, async () => {
    const { violations, episodes, offload } = await run({ faults, durationMs: 3500 })
    assert.deepEqual(
      violations.map((it) => it.what),
      [],
    )
    assert.ok(episodes.length > 0 && offload.share > 0.1, JSON.stringify({ episodes, offload }))
  })
}

test('a session sees what it wrote and has seen while the primary moves, and the old one comes back', async () => {
  const { violations, episodes } = await run({ faults: ['promote'], durationMs: 8000, seed: 23 })
  assert.deepEqual(
    violations.map((it) => it.what),
    [],
  )
  assert.ok(episodes.length > 0, JSON.stringify(episodes))
})

test('by table, a session sees what it wrote and has seen of each, under every fault', async () => {
  const { violations, offload } = await run({ level: 'tables', faults: NODE_FAULT_NAMES, durationMs: 5000 })
  assert.deepEqual(
    violations.map((it) => it.what),
    [],
  )
  assert.ok(offload.share > 0.1, JSON.stringify(offload))
})

test('reads of the primary show every write, under every fault', async () => {
  const { violations } = await run({ level: 'strong', faults: NODE_FAULT_NAMES, durationMs: 3500 })
  assert.deepEqual(
    violations.map((it) => it.what),
    [],
  )
})
