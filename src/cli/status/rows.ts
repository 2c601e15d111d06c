import { lsnText } from '../../model/position.js'
import { slotOf } from '../../replication/postgresql/config/node-config.js'
import { isRunning, type NodeState } from '../../replication/postgresql/nodes/node-state.js'
import { type Judgement, lagBytes, lagMs } from '../../replication/postgresql/operations/judge.js'
import { isStreamingFrom, nodeAt, type Survey, timelineOf } from '../../replication/postgresql/operations/survey.js'

/** One node, as `--json` has it. What cannot be known is absent. */
export interface Row {
  readonly node: string
  readonly host: string | undefined
  readonly port: number | undefined
  readonly role: 'primary' | 'standby' | 'unknown'
  /** A standby: `streaming`, `not streaming`, `paused`. */
  readonly state: string
  readonly version?: string
  readonly timeline?: number
  readonly lsn?: string
  readonly lagBytes?: number
  readonly lagMs?: number
  /** What the primary keeps for it. */
  readonly keptBytes?: number
  readonly slot?: string
  readonly clients?: number
  readonly follows?: string
  readonly sync?: string
}

export function statusJson(survey: Survey, judgement: Judgement): object {
  const { health, problems } = judgement
  return { health, problems, nodes: rowsOf(survey, judgement) }
}

export function rowsOf(survey: Survey, judgement: Judgement): readonly Row[] {
  return [...survey.states].map(([name, state]) => rowOf(survey, name, state, judgement))
}

function rowOf(survey: Survey, node: string, state: NodeState, { primary }: Judgement): Row {
  const where = survey.addresses.get(node)
  const its = { node, host: where?.host, port: where?.port }
  switch (state.is) {
    case 'primary': {
      const { version, timeline, clients, position } = state
      return { ...its, role: 'primary', state: 'running', version, timeline, lsn: lsnText(position), clients }
    }
    case 'standby': {
      const { version, timeline, clients, replayed, receiver } = state
      const follows = nodeAt(survey, receiver)
      const upstream = follows === undefined ? undefined : survey.states.get(follows)
      const slots = upstream !== undefined && isRunning(upstream) ? upstream.slots : (primary?.state.slots ?? [])
      const slot = slots.find((it) => it.name === slotOf(node))
      const isStreaming = primary !== undefined && isStreamingFrom(survey, state, primary.name)
      return defined({
        ...its,
        role: 'standby',
        state: state.isPaused ? 'paused' : isStreaming || receiver?.isStreaming ? 'streaming' : 'not streaming',
        ...{ version, timeline, clients, lsn: lsnText(replayed) },
        ...{ lagBytes: lagBytes(state, primary), lagMs: lagMs(state, primary) },
        ...{ slot: slot?.status ?? (slot === undefined ? 'none' : 'unused'), keptBytes: slot?.keptBytes },
        follows,
        sync: primary?.state.senders.find((it) => it.name === node)?.sync,
      })
    }
    case 'stopped':
      return { ...its, role: state.isStandby ? 'standby' : 'primary', state: 'stopped', timeline: timelineOf(state) }
    case 'silent':
    case 'out-of-reach':
    case 'absent':
      return {
        ...its,
        role: 'unknown',
        state: { silent: 'silent', absent: 'no data', 'out-of-reach': 'out of reach' }[state.is],
      }
    default:
      return state satisfies never
  }
}

function defined(row: { [Key in keyof Row]: Row[Key] | undefined }): Row {
  return Object.fromEntries(Object.entries(row).filter(([, it]) => it !== undefined)) as unknown as Row
}
