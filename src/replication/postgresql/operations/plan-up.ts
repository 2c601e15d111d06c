import { hasData, isRunning, type NodeState } from '../nodes/node-state.js'
import { RESTARTS } from '../nodes/running.js'
import { choosePrimary, mustAnswer, mustAskForPasswords, mustBeOneSystem } from './before-up.js'
import type { Plan, Step } from './step.js'
import { isStreamingFrom, refusal, runningStandbys, type Survey, slotFor, stateOf, upstreamOf } from './survey.js'

export interface PlanUpOptions {
  /** Nodes whose data is of no more use: it is set aside, and they are copied anew. */
  readonly replace?: readonly string[]
  /** Although a node lets in whoever comes over the network without a password. */
  readonly allowTrust?: boolean
}

/** From whatever there is to a primary with all its standbys. Only what is missing is planned. */
export function planUp(survey: Survey, { replace = [], allowTrust = false }: PlanUpOptions = {}): Plan {
  mustAnswer(survey)
  const replaced = withoutData(survey, replace)
  const primary = choosePrimary(replaced)
  if (replace.length > 0 && stateOf(replaced, primary).is === 'absent') {
    throw refusal(`without ${replace.join(' and ')} there is no data to copy`, 'name nodes whose data does not count')
  }
  mustBeOneSystem(replaced, primary)
  if (!allowTrust) mustAskForPasswords(replaced)
  const notes: string[] = []
  const standbys: string[] = []
  const copies: Step[] = []
  for (const name of inOrder(replaced, primary)) {
    const found = standbySteps(replaced, name, primary)
    if (typeof found === 'string') notes.push(found)
    else {
      standbys.push(name)
      copies.push(...(replace.includes(name) ? clearSteps(survey, name) : []), ...found)
    }
  }
  const steps = [
    ...primarySteps(replaced, primary, copies.length > 0),
    ...copies,
    ...joinSteps(replaced, primary, copies),
  ]
  const title = steps.length === 0 ? 'everything is as it should be' : `a primary, ${primary}, and ${count(standbys)}`
  return { title, steps: [...steps, { kind: 'prove', node: primary, standbys: shown(survey, standbys) }], notes }
}

/** What makes one node a standby that streams from the primary. @returns in words why that needs another command. */
export function standbySteps(survey: Survey, name: string, primary: string): readonly Step[] | string {
  const upstream = upstreamOf(survey, name, primary)
  const steps = stepsBehind(survey, name, upstream)
  return typeof steps === 'string' ? steps : [...steps, ...leaveSteps(survey, name, upstream)]
}

/** Whom it followed before keeps nothing for it any more. */
function leaveSteps(survey: Survey, name: string, upstream: string): readonly Step[] {
  return [...survey.states].flatMap(([node, state]) => {
    const hasSlot = isRunning(state) && slotFor(state, name) !== 'missing'
    return hasSlot && node !== upstream && node !== name
      ? [{ kind: 'drop-slots', node, standbys: [name] } as const]
      : []
  })
}

function stepsBehind(survey: Survey, name: string, upstream: string): readonly Step[] | string {
  const state = stateOf(survey, name)
  const configure: Step = { kind: 'configure', node: name, upstream }
  const start: Step = { kind: 'start', node: name }
  const stream: Step = { kind: 'await-streaming', node: name, from: upstream }
  const configureIfNeeded = survey.isConfigured(name, upstream) ? [] : [configure]
  const slots = slotSteps(survey, name, upstream)
  switch (state.is) {
    case 'absent':
      return [
        ...installSteps(survey, name),
        ...slots,
        { kind: 'clone', node: name, from: upstream },
        configure,
        start,
        stream,
      ]
    case 'stopped':
      if (!state.isStandby) return `${name} was a primary, and its history has ended: sluice rejoin ${name}`
      if (isLost(survey, name, upstream)) return fellBehind(name)
      return [...slots, ...configureIfNeeded, start, stream]
    case 'standby': {
      if (isLost(survey, name, upstream)) return fellBehind(name)
      const restart = restartSteps(survey, name, upstream)
      if (isStreamingFrom(survey, state, upstream)) {
        return [...slots, ...configureIfNeeded, ...restart, ...(restart.length > 0 ? [stream] : [])]
      }
      return [...slots, ...configureIfNeeded, ...restart, stream]
    }
    case 'primary':
    case 'silent':
    case 'out-of-reach':
      throw refusal(`${name} is ${state.is}`, 'sluice status shows what there is')
    default:
      return state satisfies never
  }
}

function installSteps(survey: Survey, node: string): readonly Step[] {
  return survey.notInstalled.has(node) ? [{ kind: 'install', node }] : []
}

function slotSteps(survey: Survey, name: string, upstream: string): readonly Step[] {
  const state = stateOf(survey, upstream)
  if (isRunning(state) && slotFor(state, name) === 'there') return []
  return [{ kind: 'make-slots', node: upstream, standbys: [name] }]
}

/** What it runs with is compared, not what its file says: a restart that was put off is still due. */
function restartSteps(survey: Survey, node: string, upstream: string | undefined): readonly Step[] {
  const state = stateOf(survey, node)
  if (state.is !== 'primary' && state.is !== 'standby') return []
  const wanted = survey.settingsOf(node, upstream)
  const settings = RESTARTS.filter((it) => wanted[it] !== undefined && wanted[it] !== state.settings[it])
  return settings.length === 0 ? [] : [{ kind: 'restart', node, settings }]
}

function isLost(survey: Survey, name: string, upstream: string): boolean {
  const state = stateOf(survey, upstream)
  return isRunning(state) && slotFor(state, name) === 'lost'
}

function fellBehind(name: string): string {
  return `${name} was away for so long that the primary no longer has what it needs: sluice rejoin ${name}`
}

/** @param hasCopies more standbys are to come: until then, commits must not wait for those. */
function primarySteps(survey: Survey, name: string, hasCopies: boolean): Step[] {
  const state = stateOf(survey, name)
  const isAlone = mustWait(survey, hasCopies) ? { isAlone: true as const } : {}
  const configure: Step = { kind: 'configure', node: name, upstream: undefined, ...isAlone }
  const prepare: Step = { kind: 'prepare', node: name }
  const start: Step = { kind: 'start', node: name }
  if (state.is === 'absent')
    return [...installSteps(survey, name), { kind: 'create', node: name }, configure, start, prepare]
  const configureIfNeeded = survey.isConfigured(name, undefined) ? [] : [configure]
  if (state.is !== 'primary') return [...configureIfNeeded, start, prepare]
  const isPrepared = state.databases.includes(survey.database) && survey.roles.every((it) => state.roles.includes(it))
  return [...configureIfNeeded, ...restartSteps(survey, name, undefined), ...(isPrepared ? [] : [prepare])]
}

/** The standbys are there: from now on commits wait for them. */
function joinSteps(survey: Survey, primary: string, copies: readonly Step[]): readonly Step[] {
  if (!mustWait(survey, copies.length > 0) || survey.isConfigured(primary, undefined)) return []
  return [{ kind: 'configure', node: primary, upstream: undefined }]
}

function mustWait(survey: Survey, hasCopies: boolean): boolean {
  return hasCopies && survey.synchronous > runningStandbys(survey).size
}

/** Whom others follow comes before them. */
function inOrder(survey: Survey, primary: string): readonly string[] {
  const names = [...survey.states.keys()].filter((it) => it !== primary)
  const depth = (name: string): number => {
    const upstream = upstreamOf(survey, name, primary)
    return upstream === primary ? 0 : 1 + depth(upstream)
  }
  return names.sort((a, b) => depth(a) - depth(b))
}

function withoutData(survey: Survey, names: readonly string[]): Survey {
  for (const name of names) stateOf(survey, name)
  const states = [...survey.states].map(([name, it]) => [name, names.includes(name) ? ABSENT : it] as const)
  return { ...survey, states: new Map(states) }
}

const ABSENT: NodeState = { is: 'absent' }

function clearSteps(survey: Survey, node: string): readonly Step[] {
  const state = stateOf(survey, node)
  if (!hasData(state)) return []
  const stop: readonly Step[] = state.is === 'stopped' ? [] : [{ kind: 'stop', node, mode: 'fast' }]
  return [...stop, { kind: 'set-aside', node }]
}

/** What is delayed by intent is not waited for. */
function shown({ delayed }: Survey, standbys: readonly string[]): readonly string[] {
  return standbys.filter((it) => !delayed.has(it))
}

function count({ length }: readonly string[]): string {
  return length === 1 ? 'one standby' : `${length} standbys`
}
