import { standbySteps } from './plan-up.js'
import type { Plan, Step } from './step.js'
import { isStreamingFrom, type Primary, primaries, refusal, runningPrimary, type Survey, stateOf } from './survey.js'

export interface RejoinOptions {
  /** A fresh copy, whatever could be done otherwise. */
  readonly fresh?: boolean
}

/** Makes a node a standby of the present primary, whatever it was. What only it had is lost, and kept beside where that can be. */
export function planRejoin(survey: Survey, name: string, options: RejoinOptions = {}): Plan {
  const primary = primaryFor(survey, name)
  const state = stateOf(survey, name)
  const title = `${name} becomes a standby of ${primary.name}`
  if (state.is === 'out-of-reach')
    throw refusal(`${name} cannot be reached: ${state.why}`, 'nothing can be done to it from here')
  if (state.is === 'absent')
    return { title, steps: [...(standbySteps(survey, name, primary.name) as readonly Step[])], notes: [] }
  if (state.is === 'standby' && isStreamingFrom(survey, state, primary.name) && options.fresh !== true) {
    return { title: `${name} streams from ${primary.name} already`, steps: [], notes: [] }
  }
  const wasPrimary = state.is === 'primary' || (state.is === 'stopped' && !state.isStandby) || state.is === 'silent'
  const stop: Step[] =
    state.is === 'stopped' ? [] : [{ kind: 'stop', node: name, mode: state.is === 'silent' ? 'immediate' : 'fast' }]
  const steps: Step[] = [
    ...stop,
    { kind: 'make-slots', node: primary.name, standbys: [name] },
    { kind: 'configure', node: name, upstream: primary.name },
    ...(wasPrimary && options.fresh !== true ? rewound(name, primary.name) : copied(name, primary.name)),
    { kind: 'start', node: name },
    { kind: 'drop-slots', node: name, standbys: 'unused' },
    { kind: 'await-streaming', node: name, from: primary.name },
    { kind: 'prove', node: primary.name, standbys: [name] },
  ]
  return { title, steps, notes: wasPrimary ? [`what only ${name} has, and ${primary.name} has not, is lost`] : [] }
}

/** Without a checkpoint on the new primary first, `pg_rewind` before 16 takes the wrong point, and the node is ruined. */
function rewound(node: string, from: string): readonly Step[] {
  return [
    { kind: 'checkpoint', node: from },
    { kind: 'rewind', node, from },
  ]
}

function copied(node: string, from: string): readonly Step[] {
  return [
    { kind: 'set-aside', node },
    { kind: 'clone', node, from },
  ]
}

/** Of two primaries the one with the newer history; a node does not rejoin itself. */
function primaryFor(survey: Survey, name: string): Primary {
  const others = primaries(survey).filter((it) => it.name !== name)
  const [other, second] = others
  const own = stateOf(survey, name)
  if (other === undefined || second !== undefined) {
    const primary = runningPrimary(survey)
    throw refusal(`${primary.name} is the primary itself`, 'sluice switchover first')
  }
  if (own.is === 'primary' && own.timeline >= other.state.timeline) {
    throw refusal(
      `${name} is on timeline ${own.timeline}, ${other.name} only on ${other.state.timeline}`,
      own.timeline === other.state.timeline ? 'stop the one whose data does not count' : `sluice rejoin ${other.name}`,
    )
  }
  return other
}
