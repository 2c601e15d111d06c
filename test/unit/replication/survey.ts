import type { ControlFile } from '../../../src/replication/postgresql/nodes/control-file.js'
import type {
  NodeState,
  Receiver,
  RunningPrimary,
  RunningStandby,
  Stopped,
} from '../../../src/replication/postgresql/nodes/node-state.js'
import { NO_FILES } from '../../../src/replication/postgresql/nodes/own-files.js'
import type { Survey } from '../../../src/replication/postgresql/operations/survey.js'

const HOST = '127.0.0.1'
const PORTS = { 'node-1': 5001, 'node-2': 5002, 'node-3': 5003 }

const control = (timeline: number): ControlFile => ({
  systemIdentifier: '7000000000000000001',
  state: 'in-production',
  checkpoint: 0x3000028n,
  timeline,
})

export const absent: NodeState = { is: 'absent' }

/** With a slot for each of these. */
export function primary(slots: readonly string[], more: Partial<RunningPrimary> = {}): RunningPrimary {
  const timeline = more.timeline ?? 1
  return {
    is: 'primary',
    ...{ control: control(timeline), files: NO_FILES, version: '15.18', clients: 2, databases: ['postgres', 'app'] },
    ...{ roles: ['postgres', 'replicator', 'app'], settings: {} },
    ...{ position: 0x3000100n, timeline, senders: [] },
    slots: slots.map((name) => ({ name, isActive: true, status: 'reserved', keptBytes: 0 })),
    ...more,
  }
}

export function standby(from: keyof typeof PORTS | undefined, more: Partial<RunningStandby> = {}): RunningStandby {
  const timeline = more.timeline ?? 1
  const receiver: Receiver | undefined =
    from === undefined
      ? undefined
      : { host: HOST, port: PORTS[from], isStreaming: true, told: 0x3000100n, silentMs: 10 }
  return {
    is: 'standby',
    ...{ control: control(timeline), files: NO_FILES, version: '15.18', clients: 0, slots: [], settings: {} },
    ...{ received: 0x3000100n, replayed: 0x3000100n, isPaused: false, lastCommitAgeMs: 5, timeline, receiver },
    ...more,
  }
}

export function stopped(isStandby: boolean, timeline = 1): Stopped {
  return { is: 'stopped', control: control(timeline), files: NO_FILES, isStandby }
}

/** @param misconfigured nodes whose files are not as they should be. */
export function survey(states: Readonly<Record<string, NodeState>>, misconfigured: readonly string[] = []): Survey {
  return {
    states: new Map(Object.entries(states)),
    addresses: new Map(Object.entries(PORTS).map(([name, port]) => [name, { host: HOST, port }])),
    ...{
      database: 'app',
      roles: ['replicator', 'app'],
      synchronous: 0,
      notInstalled: new Set(),
      delayed: new Set(),
      from: new Map(),
    },
    isConfigured: (name) => !misconfigured.includes(name),
    settingsOf: () => ({}),
  }
}
