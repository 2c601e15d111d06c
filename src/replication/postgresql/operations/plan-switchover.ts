import { lsnText } from '../../../model/position.js'
import type { RunningStandby } from '../nodes/node-state.js'
import type { Plan, Step } from './step.js'
import { isStreamingFrom, type Primary, refusal, runningPrimary, runningStandbys, type Survey } from './survey.js'

/** Behind by more, a standby would let everybody wait while it catches up. */
const MOST_BEHIND_BYTES = 16n << 20n

/** A planned change of primary, in which no write is lost. */
export function planSwitchover(survey: Survey, to?: string): Plan {
  const primary = runningPrimary(survey)
  const target = chooseTarget(survey, primary, to)
  const old = primary.name
  const others = [...runningStandbys(survey).keys()].filter((it) => it !== target)
  const steps: Step[] = [
    // While it is still a standby: they keep from now on what the others will need.
    { kind: 'make-slots', node: target, standbys: [old, ...others] },
    { kind: 'checkpoint', node: old },
    { kind: 'stop', node: old, mode: 'fast' },
    { kind: 'await-received', node: target, from: old },
    { kind: 'promote', node: target },
    { kind: 'checkpoint', node: target },
    { kind: 'configure', node: target, upstream: undefined },
    ...others.flatMap((name) => followSteps(name, target)),
    { kind: 'make-standby', node: old },
    { kind: 'configure', node: old, upstream: target },
    { kind: 'start', node: old },
    { kind: 'drop-slots', node: old, standbys: 'unused' },
    { kind: 'await-streaming', node: old, from: target },
    { kind: 'prove', node: target, standbys: [...others, old] },
  ]
  const back: Step[] = [
    { kind: 'start', node: old },
    { kind: 'drop-slots', node: target, standbys: [old, ...others] },
  ]
  return {
    title: `${target} takes over from ${old}, which becomes its standby`,
    steps,
    notes: [
      `${primary.state.clients} connections to ${old} will end; those that are opened until ${target} is promoted fail`,
    ],
    putBack: { before: 'promote', steps: back },
  }
}

/** Another standby, which runs, follows the new primary. */
export function followSteps(name: string, primary: string): readonly Step[] {
  return [
    { kind: 'configure', node: name, upstream: primary },
    { kind: 'await-streaming', node: name, from: primary },
  ]
}

function chooseTarget(survey: Survey, primary: Primary, to: string | undefined): string {
  const standbys = [...runningStandbys(survey)]
  const able = standbys.filter(([, state]) => whyNot(survey, state, primary) === undefined)
  if (to === undefined) {
    const [best] = able.sort(([, a], [, b]) => Number(b.received - a.received))
    if (best !== undefined) return best[0]
    const why = standbys.map(([name, state]) => `${name} ${whyNot(survey, state, primary)}`).join('; ')
    throw refusal(`no standby can take over: ${why || 'none runs'}`, 'sluice up brings standbys up')
  }
  if (to === primary.name) throw refusal(`${to} is the primary already`, 'name a standby, or none')
  const found = standbys.find(([name]) => name === to)
  if (found === undefined)
    throw refusal(`${to} is no standby that runs`, `sluice up starts it, sluice rejoin repairs it`)
  const why = whyNot(survey, found[1], primary)
  if (why !== undefined) throw refusal(`${to} ${why}`, `sluice rejoin ${to}, or wait until it has caught up`)
  return to
}

function whyNot(survey: Survey, state: RunningStandby, primary: Primary): string | undefined {
  if (!isStreamingFrom(survey, state, primary.name)) return `does not stream from ${primary.name}`
  if (state.isPaused) return 'has its replay paused'
  if (state.timeline !== primary.state.timeline) return `is on timeline ${state.timeline}`
  const behind = primary.state.position - state.replayed
  if (behind > MOST_BEHIND_BYTES) return `is ${behind} bytes behind, at ${lsnText(state.replayed)}`
  return undefined
}
