import type { TestCluster, TestNode } from '../../src/testing.js'
import type { Random } from './random.js'

/** Trouble for one node. `begin` and `end` both resolve when it has come, or gone. */
export interface Fault {
  /** Which nodes it can befall, by what they are when it does. */
  readonly befalls: 'replica' | 'any'
  readonly help: string
  /** @returns its strength in words, where that was drawn. */
  readonly begin: (node: TestNode, random: Random) => Promise<string | undefined>
  /** @param lagMs how much a replica lags when all is well. */
  readonly end: (node: TestNode, lagMs: number) => Promise<void>
}

/** What a node does by itself is over when it has begun. */
const nothing = async () => undefined

const heal = (node: TestNode) => node.heal()
const healUpstream = (node: TestNode) => node.upstream.heal()

export const FAULTS = {
  pause: {
    befalls: 'replica',
    help: 'a replica receives, and replays nothing',
    begin: (node) => node.pauseReplay().then(nothing),
    end: (node) => node.resumeReplay(),
  },
  lag: {
    befalls: 'replica',
    help: 'a replica replays each commit 0.2 to 3 s after it happened',
    begin: (node, random) => drawn(random, 200, 3000, (ms) => node.lag(ms)),
    end: (node, lagMs) => node.lag(lagMs),
  },
  kill: {
    befalls: 'any',
    help: 'SIGKILL, and a start after a while',
    begin: (node) => node.stop('kill').then(nothing),
    end: (node) => node.start(),
  },
  restart: { befalls: 'any', help: 'a fast restart', begin: (node) => node.restart().then(nothing), end: nothing },
  freeze: {
    befalls: 'any',
    help: 'SIGSTOP for the server and all its processes',
    begin: (node) => node.freeze().then(nothing),
    end: (node) => node.thaw(),
  },
  cut: {
    befalls: 'any',
    help: 'connections of clients break, and new ones are refused',
    begin: (node) => node.cut().then(nothing),
    end: heal,
  },
  'half-open': {
    befalls: 'any',
    help: 'connections of clients stay, and not a byte passes',
    begin: (node) => node.halfOpen().then(nothing),
    end: heal,
  },
  slow: {
    befalls: 'any',
    help: 'bytes to and from clients take 1 to 100 ms longer each way',
    begin: (node, random) => drawn(random, 1, 100, (ms) => node.delay(ms)),
    end: heal,
  },
  'upstream-cut': {
    befalls: 'replica',
    help: 'a replica loses its upstream, and is refused',
    begin: (node) => node.upstream.cut().then(nothing),
    end: healUpstream,
  },
  'upstream-half-open': {
    befalls: 'replica',
    help: 'a replica hears nothing more from its upstream, and does not know',
    begin: (node) => node.upstream.halfOpen().then(nothing),
    end: healUpstream,
  },
  'upstream-slow': {
    befalls: 'replica',
    help: 'bytes between a replica and its upstream take 1 to 500 ms longer each way',
    begin: (node, random) => drawn(random, 1, 500, (ms) => node.upstream.delay(ms)),
    end: healUpstream,
  },
} as const satisfies Readonly<Record<string, Fault>>

/** What befalls one node. A promotion befalls all of them: promotion.ts. */
export type NodeFaultName = keyof typeof FAULTS
export type FaultName = NodeFaultName | 'promote'

export const NODE_FAULT_NAMES = Object.keys(FAULTS) as readonly NodeFaultName[]
export const FAULT_NAMES: readonly FaultName[] = [...NODE_FAULT_NAMES, 'promote']

/** Those of `names` that can befall this node as it is now. */
export function faultsFor(node: TestNode, cluster: TestCluster, names: readonly FaultName[]): readonly NodeFaultName[] {
  const nodeFaults = names.filter((it): it is NodeFaultName => it !== 'promote')
  return nodeFaults.filter((name) => FAULTS[name].befalls === 'any' || node !== cluster.primary)
}

async function drawn(
  random: Random,
  least: number,
  most: number,
  begin: (ms: number) => Promise<void>,
): Promise<string> {
  const ms = random.whole(least, most)
  await begin(ms)
  return `${ms} ms`
}
