import { isRunning, type NodeState, type RunningStandby } from '../nodes/node-state.js'
import { nodeAt, type Primary, primaries, type Survey, slotFor, stateOf, streams, timelineOf } from './survey.js'

export interface Judgement {
  /** `down`: nobody takes writes. `degraded`: somebody does, and not all is as it should be. */
  readonly health: 'healthy' | 'degraded' | 'down'
  /** What is wrong, a line each, with the command that repairs it where there is one. */
  readonly problems: readonly string[]
  readonly primary: Primary | undefined
}

export function judge(survey: Survey): Judgement {
  const found = [...primaries(survey)].sort((a, b) => b.state.timeline - a.state.timeline)
  const [primary, ...others] = found
  const problems = [
    ...engineProblems(survey),
    ...(primary === undefined ? ['no primary runs: sluice up starts it, sluice failover replaces it'] : []),
    ...others.map(
      (it) => `${it.name} runs as a primary too, on timeline ${it.state.timeline}: sluice rejoin ${it.name}`,
    ),
    ...(primary === undefined ? [] : superseded(survey, primary)),
    ...[...survey.states].flatMap(([name, state]) => problemOf(survey, name, state, primary)),
  ]
  const health = primary === undefined ? 'down' : problems.length === 0 ? 'healthy' : 'degraded'
  return { health, problems, primary }
}

/** It has to run on every node, to be let do its work, and to have whom to promote. */
function engineProblems({ engine, states, synchronous }: Survey): readonly string[] {
  if (engine === undefined) return []
  if (!engine.isInCharge) return ['Patroni is not in charge yet: sluice up hands over']
  const missing = [...states].filter(([name, it]) => it.is !== 'out-of-reach' && !engine.members.has(name))
  return [
    ...missing.map(([name]) => `Patroni does not run on ${name}: sluice up`),
    ...(engine.isPaused ? ['Patroni is paused, and would not fail over: patronictl resume'] : []),
    ...(synchronous > 0 && engine.leader !== undefined && engine.synchronous.size === 0
      ? [
          'Patroni has no synchronous standby now, and would promote nobody: it names one within seconds where one streams',
        ]
      : []),
  ]
}

function superseded({ states }: Survey, primary: Primary): readonly string[] {
  return [...states]
    .filter(([, it]) => timelineOf(it) > primary.state.timeline)
    .map(([name, it]) => `${name} is on timeline ${timelineOf(it)}, newer than that of ${primary.name}`)
}

function problemOf(survey: Survey, name: string, state: NodeState, primary: Primary | undefined): readonly string[] {
  switch (state.is) {
    case 'primary':
      return []
    case 'standby':
      return primary === undefined ? [] : standbyProblems(survey, name, state, primary)
    case 'absent':
      return [`${name} has no data: sluice up makes it`]
    case 'stopped':
      return [`${name} does not run: sluice ${state.isStandby || primary === undefined ? 'up' : `rejoin ${name}`}`]
    case 'silent':
    case 'out-of-reach':
      return [`${name} does not answer: ${state.why}`]
    default:
      return state satisfies never
  }
}

function standbyProblems(survey: Survey, name: string, state: RunningStandby, primary: Primary): readonly string[] {
  const upstream = nodeAt(survey, state.receiver) ?? primary.name
  const its = stateOf(survey, upstream)
  const slot = isRunning(its) ? slotFor(its, name) : 'missing'
  if (slot === 'lost')
    return [`${name} lost its place, ${upstream} has thrown away what it needs: sluice rejoin ${name}`]
  if (!streams(survey, state, primary.name)) {
    return [`${name} does not stream from ${primary.name}: sluice logs ${name}, sluice rejoin ${name}`]
  }
  return [
    ...(state.isPaused ? [`${name} has its replay paused: select pg_wal_replay_resume()`] : []),
    ...(slot === 'missing' ? [`${name} has no replication slot on ${upstream}: sluice up`] : []),
  ]
}

/** Bytes between what the primary wrote and what the standby shows. Asked of two servers: never less than nothing. */
export function lagBytes(state: RunningStandby, primary: Primary | undefined): number | undefined {
  if (primary === undefined) return undefined
  return Math.max(0, Number(primary.state.position - state.replayed))
}

/**
 * Milliseconds: none when nothing is missing, however long ago the last commit was; otherwise the age of the last commit that it
 * shows, which is an upper bound.
 */
export function lagMs(state: RunningStandby, primary: Primary | undefined): number | undefined {
  const bytes = lagBytes(state, primary)
  return bytes === undefined ? undefined : bytes === 0 ? 0 : state.lastCommitAgeMs
}
