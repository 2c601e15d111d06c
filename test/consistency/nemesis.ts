import { setTimeout as wait } from 'node:timers/promises'
import type { TestCluster, TestNode } from '../../src/testing.js'
import { FAULTS, type Fault, type FaultName, faultsFor } from './faults.js'
import { promoteAnother } from './promotion.js'
import { type Random, randomFor } from './random.js'

/** A fault that happened, for whoever reads a violation. */
export interface Episode {
  readonly fault: FaultName
  readonly node: string
  readonly strength: string | undefined
  readonly beginMs: number
  /** `Infinity` while it lasts. */
  endMs: number
}

export interface NemesisParts {
  readonly cluster: TestCluster
  readonly seed: number
  readonly faults: readonly FaultName[]
  /** How much replicas lag when all is well. */
  readonly lagMs: number
  /** The clock of the history. */
  readonly now: () => number
}

/** Milliseconds. */
const REST = { least: 200, most: 1500 }
const TROUBLE = { least: 300, most: 2500 }
/** Between promotions, during which nothing else befalls a node: a promotion needs to know what each has received. */
const ROUND = { least: 4000, most: 8000 }
/** The same, where nothing else befalls anybody. */
const ONLY_PROMOTIONS = { least: 500, most: 1500 }

/**
 * Troubles the cluster by the seed: each node in turns of rest and trouble, several nodes at once as it falls out. What
 * it begins it ends, also when it is stopped.
 */
export class Nemesis {
  readonly episodes: Episode[] = []
  readonly #parts: NemesisParts

  constructor(parts: NemesisParts) {
    this.#parts = parts
  }

  /** Resolves some time after `over`, with the whole cluster well. @throws when a node could not be mended. */
  async run(over: AbortSignal): Promise<void> {
    const { cluster, faults, seed } = this.#parts
    const promotions = faults.includes('promote') ? randomFor(seed, 'promotions') : undefined
    const round = faults.every((it) => it === 'promote') ? ONLY_PROMOTIONS : ROUND
    const lanes = cluster.nodes.map((node) => ({ node, random: randomFor(seed, `faults of ${node.name}`) }))
    while (!over.aborted) {
      const length = promotions?.whole(round.least, round.most)
      await withLimit(over, length, (roundOver) =>
        settled(lanes.map(({ node, random }) => this.#trouble(node, random, roundOver))),
      )
      if (promotions !== undefined && !over.aborted) await this.#promote(promotions)
    }
    await cluster.waitUntilStreaming()
  }

  async #trouble(node: TestNode, random: Random, over: AbortSignal): Promise<void> {
    const { cluster, faults } = this.#parts
    const names = faultsFor(node, cluster, faults)
    if (names.length === 0) return aborted(over)
    while (!over.aborted) {
      await pause(random.whole(REST.least, REST.most), over)
      if (!over.aborted) await this.#befall(node, random.pick(names), random, over)
    }
  }

  async #befall(
    node: TestNode,
    name: FaultName & keyof typeof FAULTS,
    random: Random,
    over: AbortSignal,
  ): Promise<void> {
    const fault: Fault = FAULTS[name]
    const beginMs = this.#parts.now()
    try {
      const strength = await fault.begin(node, random)
      const episode = this.#began(name, node.name, strength, beginMs)
      await pause(random.whole(TROUBLE.least, TROUBLE.most), over)
      await fault.end(node, this.#parts.lagMs)
      episode.endMs = this.#parts.now()
    } catch (error) {
      throw new Error(`${name} of ${node.name} went wrong`, { cause: error })
    }
  }

  async #promote(random: Random): Promise<void> {
    const beginMs = this.#parts.now()
    const { cluster, lagMs } = this.#parts
    const name = await promoteAnother(cluster, random)
    // The old primary has never lagged: only a replica can be told to.
    for (const node of cluster.replicas) await node.lag(lagMs)
    this.#began('promote', name, undefined, beginMs).endMs = this.#parts.now()
  }

  #began(fault: FaultName, node: string, strength: string | undefined, beginMs: number): Episode {
    const episode = { fault, node, strength, beginMs, endMs: Infinity }
    this.episodes.push(episode)
    return episode
  }
}

/** All of them end before the first that failed is told: none may be troubling its node still. */
async function settled(all: readonly Promise<void>[]): Promise<void> {
  const failures = (await Promise.allSettled(all)).filter((it) => it.status === 'rejected')
  if (failures.length > 0)
    throw new AggregateError(
      failures.map((it) => it.reason),
      'the cluster could not be mended',
    )
}

/**
 * Does the work with a signal that is aborted with `over`, or when the time has passed. Not AbortSignal.timeout() within
 * AbortSignal.any(): Node.js 20 collects that timer as garbage, and then it never ends.
 */
async function withLimit(over: AbortSignal, ms: number | undefined, work: (limit: AbortSignal) => Promise<void>) {
  if (ms === undefined) return work(over)
  const timeUp = new AbortController()
  const timer = setTimeout(() => timeUp.abort(), ms)
  try {
    await work(AbortSignal.any([over, timeUp.signal]))
  } finally {
    clearTimeout(timer)
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

/** Until the time is over, or all is. */
async function pause(ms: number, over: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal: over }).catch((error: Error) => {
    if (error.name !== 'AbortError') throw error
  })
}
