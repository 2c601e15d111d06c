import type { NodeState } from '../nodes/node-state.js'
import type { Plan, Step } from './step.js'
import {
  isStreamingFrom,
  primaries,
  refusal,
  runningPrimary,
  type Survey,
  slotFor,
  stateOf,
  timelineOf,
} from './survey.js'

/** From whatever there is to a primary with all its standbys. Only what is missing is planned. */
export function planUp(survey: Survey): Plan {
  mustAnswer(survey)
  const primary = choosePrimary(survey)
  const notes: string[] = []
  const standbys: string[] = []
  const steps = primarySteps(survey, primary)
  for (const name of survey.states.keys()) {
    if (name === primary) continue
    const found = standbySteps(survey, name, primary)
    if (typeof found === 'string') notes.push(found)
    else {
      standbys.push(name)
      steps.push(...found)
    }
  }
  const title = steps.length === 0 ? 'everything is as it should be' : `a primary, ${primary}, and ${count(standbys)}`
  return { title, steps: [...steps, { kind: 'prove', node: primary, standbys }], notes }
}

/** What makes one node a standby that streams from the primary. @returns in words why that needs another command. */
export function standbySteps(survey: Survey, name: string, primary: string): readonly Step[] | string {
  const state = stateOf(survey, name)
  const configure: Step = { kind: 'configure', node: name, upstream: primary }
  const start: Step = { kind: 'start', node: name }
  const stream: Step = { kind: 'await-streaming', node: name, from: primary }
  const configureIfNeeded = survey.isConfigured(name, primary) ? [] : [configure]
  const slots = slotSteps(survey, name, primary)
  switch (state.is) {
    case 'absent':
      // Its passfile comes before the copy, which is made with it.
      return [...slots, configure, { kind: 'clone', node: name, from: primary }, start, stream]
    case 'stopped':
      if (!state.isStandby) return `${name} was a primary, and its history has ended: sluice rejoin ${name}`
      if (isLost(survey, name, primary)) return fellBehind(name)
      return [...slots, ...configureIfNeeded, start, stream]
    case 'standby':
      if (isStreamingFrom(survey, state, primary)) return configureIfNeeded
      if (isLost(survey, name, primary)) return fellBehind(name)
      return [...slots, ...configureIfNeeded, stream]
    case 'primary':
    case 'silent':
    case 'out-of-reach':
      throw refusal(`${name} is ${state.is}`, 'sluice status shows what there is')
    default:
      return state satisfies never
  }
}

function slotSteps(survey: Survey, name: string, primary: string): readonly Step[] {
  const state = stateOf(survey, primary)
  if (state.is === 'primary' && slotFor(state, name) === 'there') return []
  return [{ kind: 'make-slots', node: primary, standbys: [name] }]
}

function isLost(survey: Survey, name: string, primary: string): boolean {
  const state = stateOf(survey, primary)
  return state.is === 'primary' && slotFor(state, name) === 'lost'
}

function fellBehind(name: string): string {
  return `${name} was away for so long that the primary no longer has what it needs: sluice rejoin ${name}`
}

function primarySteps(survey: Survey, name: string): Step[] {
  const state = stateOf(survey, name)
  const configure: Step = { kind: 'configure', node: name, upstream: undefined }
  const prepare: Step = { kind: 'prepare', node: name }
  if (state.is === 'absent') return [{ kind: 'create', node: name }, configure, { kind: 'start', node: name }, prepare]
  const configureIfNeeded = survey.isConfigured(name, undefined) ? [] : [configure]
  if (state.is !== 'primary') return [...configureIfNeeded, { kind: 'start', node: name }, prepare]
  return [...configureIfNeeded, ...(state.databases.includes(survey.database) ? [] : [prepare])]
}

/** The one that runs, else the stopped one with the newest history, else the first of a new cluster. */
function choosePrimary(survey: Survey): string {
  if (primaries(survey).length > 0) return runningPrimary(survey).name
  const all = [...survey.states]
  const stopped = all.filter(([, it]) => it.is === 'stopped' && !it.isStandby)
  const newest = Math.max(...all.map(([, it]) => timelineOf(it)))
  const [candidate, second] = stopped.filter(([, it]) => timelineOf(it) === newest)
  if (candidate !== undefined && second !== undefined) {
    throw refusal(
      `${candidate[0]} and ${second[0]} both stopped as primaries of timeline ${newest}`,
      `decide which one has the data that counts, start that one, then sluice rejoin the other`,
    )
  }
  if (candidate !== undefined) return candidate[0]
  const [first] = all
  if (first !== undefined && all.every(([, it]) => it.is === 'absent')) return first[0]
  throw refusal('there is no primary: every node with the newest history is a standby', 'sluice failover promotes one')
}

function mustAnswer({ states }: Survey): void {
  for (const [name, state] of states) {
    if (isMute(state)) throw refusal(`${name} does not answer: ${state.why}`, `see sluice logs ${name}`)
  }
}

function isMute(state: NodeState): state is NodeState & { is: 'silent' | 'out-of-reach' } {
  return state.is === 'silent' || state.is === 'out-of-reach'
}

function count({ length }: readonly string[]): string {
  return length === 1 ? 'one standby' : `${length} standbys`
}
