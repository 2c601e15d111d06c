import type { EngineState } from './engine.js'
import { type PlanUpOptions, planUp } from './plan-up.js'
import type { Plan, Step } from './step.js'
import { isStreamingFrom, primaries, refusal, runningStandbys, type Survey, stateOf } from './survey.js'

/** What is planned for a cluster that an engine is in charge of, or shall be: it is asked, and never passed over. */
export type EngineSurvey = Survey & { readonly engine: EngineState }

/** Fewer cannot agree when one is gone. */
const LEAST_MEMBERS = 3

export function planEngineUp(survey: EngineSurvey, options: PlanUpOptions): Plan {
  const { engine, states } = survey
  const names = [...states.keys()]
  if (names.length < LEAST_MEMBERS) {
    throw refusal(
      `Patroni needs ${LEAST_MEMBERS} nodes, and there are ${names.length}`,
      'of two none can tell which is dead',
    )
  }
  if (!engine.isInCharge) return handOver(survey, options)
  const missing = reachable(survey).filter((name) => !engine.members.has(name))
  const leader = leaderOf(survey)
  const steps: Step[] = [
    ...missing.map((node): Step => ({ kind: 'install-engine', node })),
    ...missing.map((node): Step => ({ kind: 'start-store', node })),
    ...missing.map((node): Step => ({ kind: 'join-engine', node })),
    ...missing.map((node): Step => ({ kind: 'await-member', node })),
  ]
  const hasHeir = missing.length === 0 && engine.synchronous.size > 0
  const proof = [...proofOf(survey, leader, missing), ...(hasHeir ? [] : heirOf(survey, leader, missing))]
  const title =
    steps.length === 0
      ? 'Patroni is in charge, and everything is as it should be'
      : `Patroni brings back ${missing.join(', ')}`
  return { title, steps: [...steps, ...proof], notes: notesOf(engine) }
}

/** The cluster as it is made without it, which then goes over to it: the primary first, for it is the one that leads. */
function handOver(survey: EngineSurvey, options: PlanUpOptions): Plan {
  const { title, steps, notes } = planUp(survey, options)
  const proof = steps.at(-1)
  if (proof?.kind !== 'prove') throw new Error('a plan ends with its proof')
  const names = [proof.node, ...[...survey.states.keys()].filter((it) => it !== proof.node)]
  return {
    title: `${title}; then Patroni is in charge`,
    notes,
    steps: [
      ...steps.slice(0, -1),
      ...names.map((node): Step => ({ kind: 'install-engine', node })),
      ...names.map((node): Step => ({ kind: 'start-store', node })),
      ...names.flatMap((node): readonly Step[] => [
        { kind: 'join-engine', node },
        { kind: 'await-member', node },
      ]),
      proof,
      ...heirOf(survey, proof.node, names),
    ],
  }
}

export function planEngineSwitchover(survey: EngineSurvey, to?: string): Plan {
  const from = mustLead(survey)
  const able = [...runningStandbys(survey)].filter(([, state]) => isStreamingFrom(survey, state, from))
  const { synchronous } = survey.engine
  const isFit = (name: string) => synchronous.size === 0 || synchronous.has(name)
  const [best] = able.filter(([name]) => isFit(name)).sort(([, a], [, b]) => Number(b.received - a.received))
  const target = to ?? best?.[0]
  if (target === undefined) throw refusal(`no standby streams from ${from}`, 'sluice status shows why')
  if (target === from) throw refusal(`${to} leads already`, 'name a standby, or none')
  if (!able.some(([name]) => name === target))
    throw refusal(`${target} does not stream from ${from}`, 'sluice status shows why')
  if (!isFit(target))
    throw refusal(
      `${target} is not synchronous, and Patroni would refuse it`,
      `name ${[...synchronous].join(' or ')}, or none`,
    )
  return {
    title: `${target} takes over from ${from}, by Patroni`,
    steps: [
      { kind: 'engine-switchover', node: target, from },
      { kind: 'await-member', node: target },
      { kind: 'await-member', node: from },
      { kind: 'prove', node: target, standbys: [from] },
      ...heirOf(survey, target, [from]),
    ],
    notes: notesOf(survey.engine),
  }
}

/** It fails over by itself; this is for when it may not: paused, or nobody was good enough. */
export function planEngineFailover(survey: EngineSurvey, to?: string): Plan {
  const { engine } = survey
  const leader = leaderOf(survey)
  if (leader !== undefined)
    throw refusal(`${leader} leads, and answers`, 'sluice switchover loses nothing; Patroni fails over by itself')
  const standbys = [...runningStandbys(survey)].sort(([, a], [, b]) => Number(b.received - a.received))
  const target = to ?? standbys[0]?.[0]
  if (target === undefined || !standbys.some(([name]) => name === target)) {
    throw refusal(`${to ?? 'no node'} is no standby that runs`, 'sluice up starts Patroni where it does not run')
  }
  return {
    title: `${target} takes over, by Patroni`,
    steps: [
      { kind: 'engine-failover', node: target },
      { kind: 'await-member', node: target },
      { kind: 'prove', node: target, standbys: [] },
    ],
    notes: notesOf(engine),
  }
}

export function planEngineRejoin(survey: EngineSurvey, name: string, isFresh: boolean): Plan {
  const { engine } = survey
  const state = stateOf(survey, name)
  const leader = mustLead(survey)
  if (name === leader) throw refusal(`${name} leads`, 'sluice switchover first')
  if (state.is === 'out-of-reach')
    throw refusal(`${name} cannot be reached: ${state.why}`, 'nothing can be done to it from here')
  const proof: readonly Step[] = [
    { kind: 'await-member', node: name },
    { kind: 'prove', node: leader, standbys: [name] },
    ...heirOf(survey, leader, [name]),
  ]
  if (!engine.members.has(name)) {
    const join: readonly Step[] = [
      { kind: 'start-store', node: name },
      { kind: 'join-engine', node: name },
    ]
    return { title: `Patroni brings ${name} back, by a rewind or a copy`, steps: [...join, ...proof], notes: [] }
  }
  if (!isFresh && state.is === 'standby' && isStreamingFrom(survey, state, leader)) {
    return { title: `${name} streams from ${leader} already`, steps: [], notes: [] }
  }
  return {
    title: `Patroni copies ${name} anew`,
    steps: [{ kind: 'reinitialize', node: name }, ...proof],
    notes: ['its data is deleted, by Patroni'],
  }
}

/** Those that follow first: when it goes first, the leader is replaced. */
export function planEngineDown(survey: EngineSurvey, isDeleted: boolean): Plan {
  if (isDeleted) throw refusal('Patroni is in charge', 'sluice down first; then delete its data by hand, on each host')
  const leader = leaderOf(survey)
  const members = [...survey.engine.members].sort((a, b) => Number(a === leader) - Number(b === leader))
  return {
    title: members.length === 0 ? 'nothing runs' : 'Patroni stops everywhere, and every server with it; the data stays',
    steps: members.map((node) => ({ kind: 'leave-engine', node })),
    notes: [],
  }
}

/** Its word, and the server's own: a leader that was demoted may be named for a while. */
function leaderOf(survey: EngineSurvey): string | undefined {
  const { leader } = survey.engine
  return primaries(survey).some((it) => it.name === leader) ? leader : undefined
}

function mustLead(survey: EngineSurvey): string {
  const leader = leaderOf(survey)
  if (leader === undefined)
    throw refusal('nobody leads', 'Patroni fails over by itself; sluice status shows what it sees')
  return leader
}

function reachable({ states }: Survey): readonly string[] {
  return [...states].flatMap(([name, it]) => (it.is === 'out-of-reach' ? [] : [name]))
}

function proofOf(survey: EngineSurvey, leader: string | undefined, missing: readonly string[]): readonly Step[] {
  if (leader === undefined) return []
  const standbys = [...runningStandbys(survey).keys(), ...missing].filter((it) => it !== leader)
  return [{ kind: 'prove', node: leader, standbys: [...new Set(standbys)] }]
}

/**
 * Whom it may promote it settles by itself, some seconds after each change: before that, a failover finds nobody.
 *
 * @param coming nodes that will be standbys then.
 */
function heirOf(survey: EngineSurvey, leader: string | undefined, coming: readonly string[]): readonly Step[] {
  const isWanted = survey.synchronous > 0 && !survey.engine.isPaused
  const hasStandby = runningStandbys(survey).size > 0 || coming.length > 0
  return leader !== undefined && isWanted && hasStandby ? [{ kind: 'await-synchronous', node: leader }] : []
}

function notesOf({ isPaused }: EngineState): readonly string[] {
  return isPaused ? ['Patroni is paused: it changes nothing by itself; patronictl resume ends that'] : []
}
