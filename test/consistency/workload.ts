import { setTimeout as wait } from 'node:timers/promises'
import { withSession } from '../../src/index.js'
import type { Pool } from '../../src/pg.js'
import { Actor } from './actor.js'
import type { Recorder } from './history.js'
import { type Mix, planSession, type Step } from './plan.js'
import { randomFor } from './random.js'

export interface Workload {
  readonly pool: Pool
  readonly recorder: Recorder
  readonly seed: number
  readonly mix: Mix
  /** How many sessions live at once. */
  readonly sessions: number
  /** No step begins after so many operations, whatever else holds. */
  readonly maxOperations: number
  /** Nor after this. */
  readonly over: AbortSignal
}

/** What a user would not retry sooner either; keeps a cluster without a primary from filling the history. */
const AFTER_FAILURE_MS = 20

/**
 * Sessions upon sessions, so many at a time, each with a plan of its own by the seed, until it is over. Resolves with the
 * number of sessions when the last operation has ended.
 */
export async function runWorkload(workload: Workload): Promise<number> {
  let sessions = 0
  const oneAfterTheOther = async () => {
    while (!isOver(workload)) await runSession(workload, ++sessions)
  }
  await Promise.all(Array.from({ length: workload.sessions }, oneAfterTheOther))
  return sessions
}

async function runSession(workload: Workload, session: number): Promise<void> {
  const { pool, recorder, mix, seed } = workload
  const plan = planSession(session, mix, randomFor(seed, `session ${session}`))
  const actor = new Actor(pool, recorder, session)
  await withSession(async () => {
    for (const step of plan) {
      if (isOver(workload)) return
      const isGood = await take(step, actor)
      if (!isGood) await wait(AFTER_FAILURE_MS)
    }
  })
}

/** @returns whether all of it went well. */
async function take(step: Step, actor: Actor): Promise<boolean> {
  switch (step.kind) {
    case 'read':
      return actor.read(step.object, step.how)
    case 'write-and-read':
      return all(await actor.write(step.object, step.how), await actor.read(step.object, 'query'))
    case 'read-transaction':
      return actor.readTransaction(step.objects)
    case 'write-transaction': {
      const isGood = await actor.writeTransaction(step.objects)
      const reads = await Promise.all(step.objects.map((object) => actor.read(object, 'query')))
      return all(isGood, ...reads)
    }
    case 'pause':
      await wait(step.ms)
      return true
    case 'branches':
      return all(...(await Promise.all(step.steps.map((it) => take(it, actor)))))
    default:
      return step satisfies never
  }
}

function all(...areGood: readonly boolean[]): boolean {
  return areGood.every((it) => it)
}

function isOver({ recorder, maxOperations, over }: Workload): boolean {
  return over.aborted || recorder.operations.length >= maxOperations
}
