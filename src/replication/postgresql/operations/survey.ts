import { type Address, slotOf } from '../config/node-config.js'
import { OperationError } from '../errors.js'
import {
  type ClusterState,
  hasData,
  type NodeState,
  type RunningPrimary,
  type RunningStandby,
} from '../nodes/node-state.js'
import type { EngineState } from './engine.js'

/** What a plan is made from: what was seen of every node. Pure. */
export interface Survey {
  /** In the cluster's own order. */
  readonly states: ClusterState
  /** Where each node listens. */
  readonly addresses: ReadonlyMap<string, Address>
  /** The application's database. */
  readonly database: string
  /** Roles that the primary has to have. */
  readonly roles: readonly string[]
  /** Standbys that must have a commit before it is acknowledged. 0: none. */
  readonly synchronous: number
  /** Nodes whose hosts have no PostgreSQL of the cluster's version yet. */
  readonly notInstalled: ReadonlySet<string>
  /** Whom a standby follows that shall not follow the primary itself. */
  readonly from: ReadonlyMap<string, string>
  /** Standbys that show a commit only after some time, by intent. */
  readonly delayed: ReadonlySet<string>
  /** `undefined`: nothing promotes by itself here. */
  readonly engine?: EngineState | undefined
  /** Are a node's own files as they should be, if it follows `upstream`? */
  readonly isConfigured: (name: string, upstream: string | undefined) => boolean
  /** The settings that a node has, then. */
  readonly settingsOf: (name: string, upstream: string | undefined) => Readonly<Record<string, string>>
}

export interface Primary {
  readonly name: string
  readonly state: RunningPrimary
}

export function stateOf(survey: Survey, name: string): NodeState {
  const state = survey.states.get(name)
  if (state !== undefined) return state
  throw refusal(`there is no node ${name}`, `there are ${[...survey.states.keys()].join(', ')}`)
}

/** The one primary that runs. @throws {OperationError} there is none, or more than one, or it has been superseded. */
export function runningPrimary(survey: Survey): Primary {
  const found = primaries(survey)
  const [primary, second] = found
  if (primary === undefined)
    throw refusal('no primary runs', 'sluice status shows what there is; sluice failover promotes')
  if (second !== undefined) throw twoPrimaries(found)
  mustBeNewest(survey, primary)
  return primary
}

export function primaries({ states }: Survey): readonly Primary[] {
  return [...states].flatMap(([name, state]) => (state.is === 'primary' ? [{ name, state }] : []))
}

/** Standbys that run, by name. */
export function runningStandbys({ states }: Survey): ReadonlyMap<string, RunningStandby> {
  return new Map([...states].flatMap(([name, state]) => (state.is === 'standby' ? [[name, state] as const] : [])))
}

export function isStreamingFrom(survey: Survey, state: RunningStandby, primary: string): boolean {
  return state.receiver?.isStreaming === true && nodeAt(survey, state.receiver) === primary
}

/** The node that listens there. */
export function nodeAt({ addresses }: Survey, where: Address | undefined): string | undefined {
  return [...addresses].find(([, it]) => it.host === where?.host && it.port === where.port)?.[0]
}

/**
 * Whom a standby shall follow: the one that it is described to, unless that would lead in a circle: roles move, and the
 * description stays.
 */
export function upstreamOf({ from }: Pick<Survey, 'from'>, name: string, primary: string): string {
  const passed = new Set([name])
  for (let at = from.get(name); at !== undefined && at !== primary; at = from.get(at)) {
    if (passed.has(at)) return primary
    passed.add(at)
  }
  return from.get(name) ?? primary
}

/** Does it stream from a node that is the primary, or that streams itself? */
export function streams(survey: Survey, state: RunningStandby, primary: string): boolean {
  const upstream = nodeAt(survey, state.receiver)
  if (state.receiver?.isStreaming !== true || upstream === undefined) return false
  const its = survey.states.get(upstream)
  return upstream === primary || (its?.is === 'standby' && streams(survey, its, primary))
}

export function slotFor(upstream: RunningPrimary | RunningStandby, standby: string): 'missing' | 'lost' | 'there' {
  const slot = upstream.slots.find((it) => it.name === slotOf(standby))
  if (slot === undefined) return 'missing'
  return slot.status === 'lost' ? 'lost' : 'there'
}

/** A refusal to plan: nothing was done. */
export function refusal(what: string, hint: string): OperationError {
  return new OperationError('plan', what, { hint })
}

/** The history with the highest number is the one that somebody promoted last. */
export function timelineOf(state: NodeState): number {
  if (state.is === 'primary' || state.is === 'standby') return state.timeline
  return hasData(state) ? state.control.timeline : 0
}

function mustBeNewest({ states }: Survey, primary: Primary): void {
  for (const [name, state] of states) {
    if (timelineOf(state) <= primary.state.timeline) continue
    throw refusal(
      `${primary.name} runs as the primary of timeline ${primary.state.timeline}, but ${name} is on timeline ${timelineOf(state)}: it was superseded`,
      `stop applications from writing to ${primary.name}; start ${name}, then sluice rejoin ${primary.name}`,
    )
  }
}

function twoPrimaries(found: readonly Primary[]): OperationError {
  const systems = new Set(found.map((it) => it.state.control.systemIdentifier))
  if (systems.size > 1) {
    throw refusal(
      `${found.map((it) => it.name).join(' and ')} run as primaries of different systems`,
      'keep the one whose data counts: sluice up --replace NODE sets the data of the other aside',
    )
  }
  const [newest, ...others] = [...found].sort((a, b) => b.state.timeline - a.state.timeline)
  const names = found.map((it) => `${it.name} (timeline ${it.state.timeline})`).join(' and ')
  const old = others.map((it) => `sluice rejoin ${it.name}`).join('; ')
  return refusal(`${names} both run as primaries`, `keep ${newest?.name}: ${old}`)
}
