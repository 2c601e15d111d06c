import assert from 'node:assert/strict'
import { test } from 'node:test'
import { planSession, type Step, USUAL_MIX } from '../../consistency/plan.js'
import { randomFor } from '../../consistency/random.js'

function plan(session: number, mix = USUAL_MIX): readonly Step[] {
  return planSession(session, mix, randomFor(5, `session ${session}`))
}

/** Reads and writes of a step. */
function count(step: Step): { readonly reads: number; readonly writes: number } {
  switch (step.kind) {
    case 'pause':
      return { reads: 0, writes: 0 }
    case 'read':
      return { reads: 1, writes: 0 }
    case 'write-and-read':
      return { reads: 1, writes: 1 }
    case 'read-transaction':
      return { reads: step.objects.length, writes: 0 }
    case 'write-transaction':
      return { reads: 2 * step.objects.length, writes: step.objects.length }
    default:
      return sum(step.steps)
  }
}

function sum(steps: readonly Step[]): { readonly reads: number; readonly writes: number } {
  const counts = steps.map(count)
  const total = (of: 'reads' | 'writes') => counts.reduce((sum, it) => sum + it[of], 0)
  return { reads: total('reads'), writes: total('writes') }
}

test('a session does the same for the same seed', () => {
  assert.deepEqual(plan(3), plan(3))
  assert.notDeepEqual(plan(3), plan(4))
})

test('about as many operations write as the mix says', () => {
  const { reads, writes } = sum(Array.from({ length: 400 }, (_, n) => plan(n + 1)).flat())
  const share = writes / (reads + writes)
  assert.ok(Math.abs(share - USUAL_MIX.writes) < 0.02, String(share))
})

test('a list is shared by few sessions, so that it stays short', () => {
  const lists = new Map<string, Set<number>>()
  for (let session = 1; session <= 60; session++) {
    const text = JSON.stringify(plan(session))
    for (const [list] of text.matchAll(/list \d+/g)) lists.set(list, (lists.get(list) ?? new Set()).add(session))
  }
  assert.equal(lists.size, 10)
  for (const sessions of lists.values()) assert.equal(sessions.size, 6)
})

test('a slow session pauses before each step', () => {
  const pauses = plan(1, { ...USUAL_MIX, slowSessions: 1 }).filter((it) => it.kind === 'pause')
  assert.ok(pauses.length >= 15)
})
