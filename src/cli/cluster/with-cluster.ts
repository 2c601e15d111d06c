import { ClusterError } from '../../base/errors.js'
import type { Cluster } from '../../replication/postgresql/cluster.js'
import { openCluster, type Which } from './open-cluster.js'
import { type ExitCode, json, PROCESS_STREAMS, type Streams } from './streams.js'

export interface Given extends Which {
  readonly json?: boolean
}

/** What an operation works with: everything it opened is closed, and its lock given back, however it ends. */
export interface Opened {
  readonly cluster: Cluster
  readonly streams: Streams
  readonly signal: AbortSignal
}

/** For what only looks. */
export function lookingAt(
  command: string,
  given: Given,
  work: (opened: Opened) => Promise<ExitCode>,
): Promise<ExitCode> {
  return guarded(command, given, async (signal, streams) => {
    const cluster = await openCluster(given)
    try {
      return await work({ cluster, streams, signal })
    } finally {
      await cluster.close()
    }
  })
}

/** For what changes something: one at a time. */
export function operatingOn(
  command: string,
  given: Given,
  work: (opened: Opened) => Promise<ExitCode>,
): Promise<ExitCode> {
  return lookingAt(command, given, async (opened) => {
    const lock = await opened.cluster.lock(command)
    // Somebody else may begin once it is lost.
    const signal = lock.lost === undefined ? opened.signal : AbortSignal.any([opened.signal, lock.lost])
    try {
      return await work({ ...opened, signal })
    } finally {
      await lock.release()
    }
  })
}

/** An error of ours says what it is and what to do; an interrupt stops what goes on, and then ends the command. */
export async function guarded(
  command: string,
  given: Pick<Given, 'json'>,
  work: (signal: AbortSignal, streams: Streams) => Promise<ExitCode>,
): Promise<ExitCode> {
  const interrupt = new AbortController()
  const stop = () => interrupt.abort(new Error('interrupted'))
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop)
  try {
    return await work(interrupt.signal, PROCESS_STREAMS)
  } catch (error) {
    if (!(error instanceof ClusterError) && !interrupt.signal.aborted) throw error
    tell(command, error as Error & { hint?: string }, given.json === true)
    return 1
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, stop)
  }
}

function tell(command: string, error: Error & { hint?: string; code?: string }, asJson: boolean): void {
  const { message, hint, code } = error
  if (asJson) PROCESS_STREAMS.out.write(json({ event: 'error', code, message, hint }))
  else PROCESS_STREAMS.err.write(`sluice ${command}: ${message}${hint === undefined ? '' : `\n  ${hint}`}\n`)
}
