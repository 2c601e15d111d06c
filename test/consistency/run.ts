import { setTimeout as wait } from 'node:timers/promises'
import { inspect } from 'node:util'
import type { Pool } from '../../src/pg.js'
import type { TestCluster } from '../../src/testing.js'
import { check } from './check.js'
import type { FaultName } from './faults.js'
import { Recorder } from './history.js'
import { type LevelChoice, openPool, promisesOf } from './level.js'
import { type Episode, Nemesis } from './nemesis.js'
import { type Offload, offloadOf } from './offload.js'
import type { Operation } from './operation.js'
import type { Mix } from './plan.js'
import { commitOnTwo } from './promotion.js'
import { makeTables, readFinalState } from './tables.js'
import type { Violation } from './violation.js'
import { runWorkload, type Workload } from './workload.js'

export interface RunOptions extends LevelChoice {
  readonly seed: number
  readonly durationMs: number
  readonly maxOperations: number
  /** How many live at once. */
  readonly sessions: number
  readonly mix: Mix
  readonly faults: readonly FaultName[]
  /** How much replicas lag when all is well. */
  readonly lagMs: number
  /** Called now and then while it runs. */
  readonly progress?: (seen: Progress) => void
}

export interface Progress {
  readonly elapsedMs: number
  readonly operations: number
  readonly episodes: readonly Episode[]
}

export interface RunResult {
  readonly operations: readonly Operation[]
  readonly sessions: number
  readonly episodes: readonly Episode[]
  readonly violations: readonly Violation[]
  readonly offload: Offload
}

/** Longest wait, with all nodes well, for what is under way at the end; what is not over then never will be. */
const PATIENCE_MS = 30_000
const CLOSE_MS = 10_000
const PROGRESS_MS = 5000

/**
 * Runs sessions on the cluster while faults befall it, and checks what they saw.
 *
 * @throws when the cluster could not be troubled or mended as planned: then nothing has been proved.
 */
export async function runCheck(cluster: TestCluster, options: RunOptions): Promise<RunResult> {
  await prepare(cluster, options)
  const pool = openPool(cluster, options)
  const recorder = new Recorder()
  const nemesis = new Nemesis({ ...options, cluster, now: () => recorder.now() })
  const uncaught = catchUncaught()
  const stopTelling = tell(options, recorder, nemesis)
  try {
    const sessions = await runBoth(nemesis, { ...options, pool, recorder }, options.durationMs)
    const judged = await judge(cluster, pool, recorder, options)
    const violations = [...judged.violations, ...uncaught.violations()]
    return { ...judged, sessions, episodes: nemesis.episodes, violations }
  } finally {
    stopTelling()
    uncaught.stop()
    await ended(pool)
  }
}

/** Errors that reach no caller would end an application's process. Here they are told with the rest. */
function catchUncaught(): { violations(): readonly Violation[]; stop(): void } {
  const errors: unknown[] = []
  const keep = (error: unknown) => void errors.push(error)
  process.on('uncaughtException', keep)
  return {
    violations: () =>
      errors.map((it) => ({ rule: 'uncaught-error', what: inspect(it), operation: undefined, because: [] })),
    stop: () => void process.off('uncaughtException', keep),
  }
}

function tell({ progress }: RunOptions, recorder: Recorder, nemesis: Nemesis): () => void {
  const beganMs = recorder.now()
  const ticker = setInterval(() => {
    const elapsedMs = recorder.now() - beganMs
    progress?.({ elapsedMs, operations: recorder.operations.length, episodes: nemesis.episodes })
  }, PROGRESS_MS)
  return () => clearInterval(ticker)
}

async function prepare(cluster: TestCluster, { faults, lagMs, mix }: RunOptions): Promise<void> {
  await makeTables(cluster, mix.registers)
  for (const node of cluster.replicas) await node.lag(lagMs)
  if (faults.includes('promote')) await commitOnTwo(cluster)
}

/** The load goes on until the last fault has been mended: what goes wrong afterwards is seen too. */
async function runBoth(nemesis: Nemesis, workload: Omit<Workload, 'over'>, durationMs: number): Promise<number> {
  const [faultsOver, loadOver] = [new AbortController(), new AbortController()]
  const timer = setTimeout(() => faultsOver.abort(), durationMs)
  const load = runWorkload({ ...workload, over: loadOver.signal }).finally(() => faultsOver.abort())
  try {
    await nemesis.run(faultsOver.signal)
  } finally {
    clearTimeout(timer)
    loadOver.abort()
  }
  // What hangs stays open in the history, which tells; here it must not hang the check too.
  return Promise.race([load, wait(PATIENCE_MS, 0, { ref: false })])
}

async function judge(cluster: TestCluster, pool: Pool, recorder: Recorder, options: RunOptions) {
  const final = await readFinalState(cluster, options.mix.registers)
  const { operations } = recorder
  const kept = await ended(pool)
  const violations = [...check({ operations, final }, promisesOf(options)), ...neverEnded(operations), ...kept]
  return { operations, violations, offload: await offloadOf(operations, pool, cluster) }
}

/** Ends the pool. It waits for whoever has a connection: with nobody there any more, for one that was never given back. */
async function ended(pool: Pool): Promise<readonly Violation[]> {
  if (pool.ending) return []
  const isEnded = await Promise.race([pool.end().then(() => true), wait(CLOSE_MS, false, { ref: false })])
  const counts = pool.stats().nodes.map(({ node, connections: { total, idle } }) => `${node} ${total - idle}`)
  const what = `the pool has not ended within ${CLOSE_MS} ms; connections that are out: ${counts.join(', ')}`
  return isEnded ? [] : [{ rule: 'never-ended', what, operation: undefined, because: [] }]
}

/** With every node well again for so long, each call must have been answered, one way or the other. */
function neverEnded(operations: readonly Operation[]): readonly Violation[] {
  const open = operations.filter((it) => it.endMs === Infinity)
  return open.map((operation) => ({
    rule: 'never-ended',
    what: `#${operation.id} has no answer ${PATIENCE_MS} ms after the last fault`,
    operation,
    because: [],
  }))
}
