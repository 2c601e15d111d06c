import { lsnText } from '../../../model/position.js'
import type { RunningStandby } from '../nodes/node-state.js'
import { followSteps } from './plan-switchover.js'
import type { Plan, Step } from './step.js'
import { primaries, refusal, runningStandbys, type Survey, timelineOf } from './survey.js'

export interface FailoverOptions {
  readonly to?: string
  /** Although a node that cannot be reached may be a primary that still takes writes, or may have more than the others. */
  readonly force?: boolean
}

/** Another primary for one that is dead: it is made sure of first that it is, and what may be lost is said. */
export function planFailover(survey: Survey, options: FailoverOptions = {}): Plan {
  const [alive] = primaries(survey)
  if (alive !== undefined) throw refusal(`${alive.name} runs, and answers`, 'sluice switchover loses nothing')
  const doubts = options.force === true ? [] : doubtsOf(survey)
  if (doubts.length > 0) {
    const risk = 'with --force: a primary that cannot be reached may still take writes, and these would be lost'
    throw refusal(doubts.join('; '), risk)
  }
  const target = chooseTarget(survey, options)
  const standbys = runningStandbys(survey)
  const others = [...standbys.keys()].filter((it) => it !== target)
  const steps: Step[] = [
    ...fence(survey),
    { kind: 'make-slots', node: target, standbys: [...survey.states.keys()].filter((it) => it !== target) },
    { kind: 'promote', node: target },
    { kind: 'checkpoint', node: target },
    { kind: 'configure', node: target, upstream: undefined },
    ...others.flatMap((name) => followSteps(name, target)),
    { kind: 'prove', node: target, standbys: others },
  ]
  const left = [...survey.states.keys()].filter((it) => it !== target && !others.includes(it))
  const repair = left.map((name) => `afterwards: sluice rejoin ${name}`)
  return { title: `${target} is promoted`, steps, notes: [...lossNotes(standbys, target), ...repair] }
}

/** One that runs and does not answer must not come to itself again as a primary. Standbys that are silent do no harm. */
function fence({ states }: Survey): readonly Step[] {
  return [...states].flatMap(([node, state]) =>
    state.is === 'silent' ? [{ kind: 'stop', node, mode: 'immediate' } as const] : [],
  )
}

function doubtsOf({ states }: Survey): readonly string[] {
  return [...states].flatMap(([name, state]) => {
    if (state.is === 'out-of-reach') return [`${name} cannot be reached, and may run as a primary: ${state.why}`]
    if (state.is === 'stopped' && state.isStandby)
      return [`${name}, a standby, has stopped, and may have more than those that run`]
    return []
  })
}

function chooseTarget(survey: Survey, { to, force }: FailoverOptions): string {
  const newest = Math.max(...[...survey.states.values()].map(timelineOf))
  const standbys = [...runningStandbys(survey)].sort(
    ([, a], [, b]) => b.timeline - a.timeline || Number(b.received - a.received),
  )
  const [best] = standbys
  if (best === undefined) throw refusal('no standby runs', 'sluice up starts what there is')
  if (best[1].timeline < newest && force !== true) {
    throw refusal(
      `${best[0]} is on timeline ${best[1].timeline}, and there is a newer one, ${newest}`,
      'start the node that has it: sluice up',
    )
  }
  if (to === undefined || to === best[0]) return best[0]
  const wanted = standbys.find(([name]) => name === to)
  if (wanted === undefined) throw refusal(`${to} is no standby that runs`, `${best[0]} has the most`)
  const less = best[1].received - wanted[1].received
  if (less > 0n && force !== true)
    throw refusal(`${to} has ${less} bytes less than ${best[0]}`, `promote ${best[0]}, or --force`)
  return to
}

/** What the standbys were told of and did not get. What the primary wrote after that, nobody here can know. */
function lossNotes(standbys: ReadonlyMap<string, RunningStandby>, target: string): readonly string[] {
  const received = standbys.get(target)?.received ?? 0n
  const ends = [...standbys.values()].flatMap((it) => [it.received, it.receiver?.told ?? 0n])
  const [last = received] = ends.sort((a, b) => Number(b - a))
  const known = last - received
  const from = `everything from ${lsnText(received)} on is lost`
  const note = `${from}: ${known} bytes of it are known of; what the old primary wrote in its last moments is not known`
  return [note]
}
