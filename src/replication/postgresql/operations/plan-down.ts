import { isRunning } from '../nodes/node-state.js'
import type { Plan, Step } from './step.js'
import { primaries, refusal, runningPrimary, type Survey, slotFor, stateOf } from './survey.js'

/** The primary stops first, and waits until its standbys have everything; so the next start finds them all at one point. */
export function planDown({ states }: Survey, isDeleted: boolean): Plan {
  const runs = [...states].filter(([, it]) => it.is !== 'absent' && it.is !== 'stopped' && it.is !== 'out-of-reach')
  const inOrder = runs.sort(([, a], [, b]) => Number(b.is === 'primary') - Number(a.is === 'primary'))
  const stops: Step[] = inOrder.map(([node, it]) => ({
    kind: 'stop',
    node,
    mode: it.is === 'silent' ? 'immediate' : 'fast',
  }))
  const deletes: Step[] = isDeleted ? [...states.keys()].map((node) => ({ kind: 'delete', node })) : []
  const title = isDeleted ? 'every node stops, and its data is deleted' : 'every node stops; its data stays'
  return {
    title: stops.length + deletes.length === 0 ? 'nothing runs' : title,
    steps: [...stops, ...deletes],
    notes: [],
  }
}

/** A standby leaves the cluster. */
export function planRemove(survey: Survey, name: string, isDeleted: boolean): Plan {
  const state = stateOf(survey, name)
  if (primaries(survey).some((it) => it.name === name)) {
    throw refusal(`${name} is the primary`, 'sluice switchover first; sluice down --delete ends the whole cluster')
  }
  runningPrimary(survey)
  const runs = state.is !== 'stopped' && state.is !== 'absent'
  const keepers = [...survey.states].flatMap(([node, it]) =>
    node !== name && isRunning(it) && slotFor(it, name) !== 'missing' ? [node] : [],
  )
  const steps: Step[] = [
    ...(runs ? [{ kind: 'stop', node: name, mode: 'fast' } as const] : []),
    ...keepers.map((node) => ({ kind: 'drop-slots', node, standbys: [name] }) as const),
    ...(isDeleted ? [{ kind: 'delete', node: name } as const] : []),
  ]
  const notes = isDeleted || state.is === 'absent' ? [] : [`the data of ${name} stays where it is`]
  return { title: `${name} leaves the cluster`, steps, notes }
}
